import { readFileSync } from 'node:fs'
import { EbpfError } from '../error.ts'
import { findAttachTargets } from '../btf/attach-target.ts'
import { Btf } from '../btf/btf.ts'
import type { ProgramSpec } from '../spec/collection-spec.ts'

const PATH = '/sys/kernel/btf/vmlinux'

/** The kernel's own BTF for the length of a load: 5 MB that nobody needs afterwards. */
export class KernelBtf {
  #bytes: Uint8Array | undefined
  #btf: Btf | undefined

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

  /** The attach type id of each program that has one, by program name. @throws {EbpfError} `not-found` */
  attachIds(programs: readonly ProgramSpec[]): Map<string, number> {
    const ids = new Map<string, number>()
    const targets = programs.flatMap((program) => targetOf(program) ?? [])
    if (targets.length === 0) return ids
    const found = findAttachTargets(this.bytes, targets)
    for (const program of programs) {
      const target = targetOf(program)
      if (target === undefined) continue
      const id = found.get(target.name)
      if (id === undefined)
        throw new EbpfError(
          'not-found',
          `program ${program.name} (${program.section}): this kernel has no such hook`,
        )
      ids.set(program.name, id)
    }
    return ids
  }
}

function targetOf({ kind }: ProgramSpec) {
  return kind.btf === undefined ? undefined : { name: kind.btf.prefix + kind.target, kind: kind.btf.kind }
}

function read(): Uint8Array {
  try {
    return readFileSync(PATH)
  } catch (cause) {
    throw new EbpfError('unsupported', `this kernel has no BTF (${PATH}): it needs CONFIG_DEBUG_INFO_BTF`, {
      cause,
    })
  }
}
