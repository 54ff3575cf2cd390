import { readFileSync } from 'node:fs'
import { EbpfError } from '../error.ts'
import { Btf } from '../btf/btf.ts'
import { findNamedTypes, type NamedType } from '../btf/named-types.ts'
import type { ProgramSpec } from '../spec/collection-spec.ts'

const PATH = '/sys/kernel/btf/vmlinux'

/** The kernel's own BTF for the length of a load: 5 MB that nobody needs afterwards. */
export class KernelBtf {
  #bytes: Uint8Array | undefined
  #btf: Btf | undefined
  readonly #named = new Map<string, readonly NamedType[]>()

  /** @throws {EbpfError} `unsupported` on kernels built without BTF */
  get bytes(): Uint8Array {
    this.#bytes ??= read()
    return this.#bytes
  }

  /** All of its types: for relocating in user space only. */
  get btf(): Btf {
    this.#btf ??= new Btf(this.bytes)
    return this.#btf
  }

  /** Looks up these names in one pass; what `idsOf` and `attachId` are asked for later needs to be among them. */
  prepare(names: readonly string[]): void {
    const unknown = names.filter((name) => !this.#named.has(name))
    if (unknown.length === 0) return
    for (const [name, types] of findNamedTypes(this.bytes, unknown)) this.#named.set(name, types)
  }

  idsOf(name: string): readonly number[] {
    return (this.#named.get(name) ?? []).map(({ id }) => id)
  }

  /** The type the program is attached to, 0 when its hook has none. @throws {EbpfError} `not-found` */
  attachId(program: ProgramSpec): number {
    const { btf, target } = program.kind
    const name = attachName(program)
    if (btf === undefined || name === undefined) return 0
    const type = this.#named.get(name)?.find(({ kind }) => kind === btf.kind)
    if (type !== undefined) return type.id
    throw new EbpfError(
      'not-found',
      `program ${program.name} (${program.section}): this kernel has no "${target}"`,
    )
  }
}

/** The name in the kernel's BTF of what the program is attached to. */
export function attachName({ kind }: ProgramSpec): string | undefined {
  return kind.btf === undefined ? undefined : kind.btf.prefix + kind.target
}

/** Loads come in a row; the bytes stay while nobody needs the memory. */
let recent: WeakRef<Uint8Array> | undefined

function read(): Uint8Array {
  const kept = recent?.deref()
  if (kept !== undefined) return kept
  try {
    const bytes = readFileSync(PATH)
    recent = new WeakRef(bytes)
    return bytes
  } catch (cause) {
    throw new EbpfError('unsupported', `this kernel has no BTF (${PATH}): it needs CONFIG_DEBUG_INFO_BTF`, {
      cause,
    })
  }
}
