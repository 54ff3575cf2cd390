import { EbpfError } from '../error.ts'
import { BPF, BpfAttr, bpf } from '../sys/bpf.ts'
import { closeFd } from '../sys/file-descriptor.ts'
import { OwnedFd } from '../sys/owned-fd.ts'
import { textOf } from '../sys/c-string.ts'

const LOG_BYTES = 256 << 10

/** BTF in the kernel: maps and programs refer to it for their types, lines and relocations. */
export class BtfObject extends OwnedFd {
  /** @throws {EbpfError} `btf` with the kernel's log when it does not like the types */
  constructor(bytes: Uint8Array) {
    super(loadBtf(bytes))
  }
}

function loadBtf(bytes: Uint8Array): number {
  const attr = new BpfAttr().pointer(0, bytes).u64(8, 0).u32(16, bytes.length).u32(20, 0).u32(24, 0)
  try {
    return bpf(BPF.BTF_LOAD, attr, 'load BTF')
  } catch (error) {
    throw explain(error, attr)
  }
}

function explain(cause: unknown, attr: BpfAttr): unknown {
  if (!(cause instanceof EbpfError) || cause.code === 'permission') return cause
  const buffer = new Uint8Array(LOG_BYTES)
  attr.pointer(8, buffer).u32(20, buffer.length).u32(24, 1)
  try {
    closeFd(bpf(BPF.BTF_LOAD, attr))
    return cause
  } catch {
    const log = textOf(buffer)
    const last = log.trimEnd().split('\n').at(-1)
    return new EbpfError('btf', `the kernel refuses the BTF: ${last || cause.message}`, {
      cause,
      errno: cause.errno,
      call: cause.call,
      log,
    })
  }
}
