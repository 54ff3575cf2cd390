import { EbpfError } from '../error.ts'
import type { CollectionSpec, MapSpec, ProgramSpec } from '../spec/collection-spec.ts'
import { BpfMap } from './bpf-map.ts'
import { BtfObject } from './btf-object.ts'
import { attachName, KernelBtf } from './kernel-btf.ts'
import { Program } from './program.ts'
import { Relocator, type RelocationMode } from './relocator.ts'
import { resolveReferences } from './resolve-references.ts'

export interface LoadOptions {
  /** Names of the programs to load; the others and the maps only they need are left out. Default all. */
  readonly programs?: readonly string[]
  /** Maps to use in the place of the object's own, by name. They stay the caller's. */
  readonly maps?: Readonly<Record<string, BpfMap>>
  /** Folder of a bpffs for maps pinned by name. Default `/sys/fs/bpf`. */
  readonly pinRoot?: string
  /** Who applies CO-RE relocations. Default `auto`: the kernel where it can (5.17), else this package. */
  readonly relocate?: RelocationMode
}

const PIN_ROOT = '/sys/fs/bpf'

/** The programs and maps of an object, in the kernel. Disposing of it closes them; links live on their own. */
export class Collection {
  readonly spec: CollectionSpec
  readonly programs: ReadonlyMap<string, Program>
  readonly maps: ReadonlyMap<string, BpfMap>
  readonly #owned: DisposableStack

  private constructor(
    spec: CollectionSpec,
    programs: ReadonlyMap<string, Program>,
    maps: ReadonlyMap<string, BpfMap>,
    owned: DisposableStack,
  ) {
    this.spec = spec
    this.programs = programs
    this.maps = maps
    this.#owned = owned
  }

  /**
   * Makes the maps, loads the programs. All or nothing: on an error nothing is left behind.
   *
   * @throws {EbpfError}
   */
  static load(spec: CollectionSpec, options: LoadOptions = {}): Collection {
    if (!spec.littleEndian) throw new EbpfError('unsupported', `${spec.name} is made for big-endian machines`)
    using undo = new DisposableStack()
    const wanted = wantedPrograms(spec, options.programs)
    const maps = new Map<string, BpfMap>()
    // Maps and programs keep it alive.
    using btf = new BtfObject(spec.btf.bytes)
    for (const map of neededMaps(spec, wanted, options.programs !== undefined)) {
      const given = options.maps?.[map.name]
      maps.set(map.name, given ?? undo.use(openMap(map, btf.fd, options.pinRoot ?? PIN_ROOT)))
    }
    const kernelBtf = new KernelBtf()
    kernelBtf.prepare(wanted.flatMap((program) => attachName(program) ?? []))
    const relocator = new Relocator(spec, wanted, kernelBtf, options.relocate ?? 'auto')
    const programs = new Map<string, Program>()
    for (const program of wanted) {
      const instructions = resolveReferences(program, maps)
      const attachBtfId = kernelBtf.attachId(program)
      const context = { license: spec.license, btfFd: btf.fd, attachBtfId, instructions }
      const loaded = relocator.load(program, instructions, (relocateInKernel) =>
        Program.load(program, { ...context, relocateInKernel }),
      )
      programs.set(program.name, undo.use(loaded))
    }
    return new Collection(spec, programs, maps, undo.move())
  }

  /** @throws {EbpfError} `not-found` */
  program(name: string): Program {
    const program = this.programs.get(name)
    if (program === undefined)
      throw new EbpfError('not-found', `${this.spec.name} has no program "${name}" loaded`)
    return program
  }

  /** @throws {EbpfError} `not-found` */
  map(name: string): BpfMap {
    const map = this.maps.get(name)
    if (map === undefined) throw new EbpfError('not-found', `${this.spec.name} has no map "${name}" loaded`)
    return map
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]()
  }
}

function wantedPrograms(spec: CollectionSpec, names: readonly string[] | undefined): ProgramSpec[] {
  if (names === undefined) return [...spec.programs.values()]
  return names.map((name) => {
    const program = spec.programs.get(name)
    if (program === undefined) throw new EbpfError('not-found', `${spec.name} has no program "${name}"`)
    return program
  })
}

function neededMaps(spec: CollectionSpec, programs: readonly ProgramSpec[], subset: boolean): MapSpec[] {
  const used = new Set(programs.flatMap(({ references }) => references.map(({ map }) => map)))
  return [...spec.maps.values()].filter(({ name }) => !subset || used.has(name))
}

function openMap(spec: MapSpec, btfFd: number, pinRoot: string): BpfMap {
  if (spec.pinning === 'by-name') return openPinnedMap(spec, btfFd, `${pinRoot}/${spec.name}`)
  const map = BpfMap.create(spec, btfFd)
  if (spec.content !== undefined) {
    try {
      map.update(new Uint8Array(4), spec.content)
      if (spec.frozen) map.freeze()
    } catch (error) {
      map[Symbol.dispose]()
      throw error
    }
  }
  return map
}

/** The pinned map when there is one and it is of the same shape, else a new one that is pinned. */
function openPinnedMap(spec: MapSpec, btfFd: number, path: string): BpfMap {
  try {
    const map = BpfMap.openPinned(path)
    const fits =
      map.type === spec.type &&
      map.keyBytes === spec.keyBytes &&
      map.valueBytes === spec.valueBytes &&
      (spec.maxEntries === 0 || map.maxEntries === spec.maxEntries)
    if (fits) return map
    map[Symbol.dispose]()
    throw new EbpfError(
      'exists',
      `${path} is pinned with another shape than map ${spec.name}: remove it first`,
    )
  } catch (error) {
    if (!(error instanceof EbpfError && error.code === 'not-found')) throw error
  }
  const map = BpfMap.create(spec, btfFd)
  try {
    map.pin(path)
  } catch (error) {
    map[Symbol.dispose]()
    throw error
  }
  return map
}
