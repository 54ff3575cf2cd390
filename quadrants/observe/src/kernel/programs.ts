import {
  type BpfMap,
  Collection,
  type CollectionSpec,
  EbpfError,
  type IterLink,
  type Link,
  type Program,
} from '@quadrant/ebpf'
import { type BufferKind, type ObjectName, readObject } from './objects.ts'

/** A program that could not be loaded or attached, and what the kernel said. */
export interface ProgramFailure {
  readonly program: string
  readonly error: EbpfError
}

export interface ProgramReport {
  readonly id: number
  readonly name: string
  /** Its section: `tp_btf/inet_sock_set_state`. */
  readonly attach: string
  /** Counted while somebody has the kernel count, as is `runNs`. */
  readonly runs: number
  readonly runNs: number
  readonly missed: number
}

/** What the kernel counted of a program so far. */
export function reportProgram(program: Program): ProgramReport {
  const { runs, runNs, missed } = program.stats()
  return { id: program.id, name: program.name, attach: program.section ?? '', runs, runNs, missed }
}

export interface LoadOptions {
  /** Only these programs of the object. */
  readonly programs?: readonly string[]
  /** Changes the spec before it is loaded: sizes, variables. */
  prepare?(spec: CollectionSpec): void
}

/** A group of programs that lives and dies together. */
export interface ProgramGroup extends Disposable {
  attach(program: string): Link
  attachCgroup(program: string, cgroupRoot: string): void
  attachIterator(program: string): IterLink
}

/** Loads our objects so that they share one set of maps, and knows everything that is loaded. */
export class Programs implements Disposable {
  readonly buffer: BufferKind
  readonly #maps = new Map<string, BpfMap>()
  readonly #loaded = new Set<Program>()
  readonly #stack = new DisposableStack()

  constructor(buffer: BufferKind) {
    this.buffer = buffer
  }

  /** A map of any loaded object. @throws {EbpfError} `not-found` */
  map(name: string): BpfMap {
    const map = this.#maps.get(name)
    if (map === undefined) throw new EbpfError('not-found', `no loaded program has a map ${name}`)
    return map
  }

  get maps(): readonly BpfMap[] {
    return [...this.#maps.values()]
  }

  /**
   * Loads an object, or some of its programs. Maps of the same name as one that is there already are shared;
   * global variables belong to each load.
   *
   * @throws {EbpfError} what the kernel refused
   */
  load(object: ObjectName, options: LoadOptions = {}): ProgramGroup {
    const spec = readObject(object, this.buffer)
    options.prepare?.(spec)
    const shared: Record<string, BpfMap> = {}
    for (const [name, map] of this.#maps) if (spec.maps.has(name)) shared[name] = map
    const collection = Collection.load(spec, { programs: options.programs, maps: shared })
    const group = new Group(collection, this.#loaded)
    this.#stack.use(group)
    for (const [name, map] of collection.maps) {
      if (name.startsWith('.') || this.#maps.has(name)) continue
      this.#maps.set(name, map)
      // Its memory is the group's: the next load makes a new one.
      group.defer(() => this.#maps.delete(name))
    }
    return group
  }

  report(): readonly ProgramReport[] {
    return [...this.#loaded].map(reportProgram)
  }

  [Symbol.dispose](): void {
    this.#stack.dispose()
  }
}

class Group implements ProgramGroup {
  readonly #collection: Collection
  readonly #registry: Set<Program>
  readonly #stack = new DisposableStack()

  constructor(collection: Collection, registry: Set<Program>) {
    this.#collection = this.#stack.use(collection)
    this.#registry = registry
  }

  attach(name: string): Link {
    return this.#stack.use(this.#program(name).attach())
  }

  attachCgroup(name: string, cgroupRoot: string): void {
    this.#stack.use(this.#program(name).attachCgroup(cgroupRoot))
  }

  attachIterator(name: string): IterLink {
    return this.#stack.use(this.#program(name).attachIterator())
  }

  defer(onDispose: () => void): void {
    this.#stack.defer(onDispose)
  }

  /** Detaches first, then unloads. */
  [Symbol.dispose](): void {
    this.#stack.dispose()
  }

  #program(name: string): Program {
    const program = this.#collection.program(name)
    this.#registry.add(program)
    this.#stack.defer(() => this.#registry.delete(program))
    return program
  }
}
