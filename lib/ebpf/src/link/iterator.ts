import { EbpfError } from '../error.ts'
import { BPF, BpfAttr, bpf } from '../sys/bpf.ts'
import { readFd } from '../sys/file-descriptor.ts'
import { withNetns } from '../sys/namespace.ts'
import { OwnedFd } from '../sys/owned-fd.ts'
import { ATTACH_TYPES } from '../uapi/attach-type.ts'
import { Link } from './link.ts'

export interface IteratorOptions {
  /** The map whose entries are walked: iter/bpf_map_elem, iter/bpf_sk_storage_map. */
  readonly map?: { readonly fd: number }
  /** Only the threads of this process: iter/task, iter/task_file, iter/task_vma since 6.1. */
  readonly pid?: number
}

/** `union bpf_iter_link_info` is 16 bytes since 6.0; kernels before take 4. */
const INFO_BYTES = 16
const MAP_INFO_BYTES = 4
const EAGAIN = 11

/** @throws {EbpfError} */
export function attachIterator(programFd: number, name: string, options: IteratorOptions = {}): IterLink {
  const info = new DataView(new ArrayBuffer(INFO_BYTES))
  let infoBytes = 0
  if (options.map !== undefined) {
    info.setUint32(0, options.map.fd, true)
    infoBytes = MAP_INFO_BYTES
  } else if (options.pid !== undefined) {
    info.setUint32(4, options.pid, true)
    infoBytes = INFO_BYTES
  }
  const attr = new BpfAttr().u32(0, programFd).u32(4, 0).u32(8, ATTACH_TYPES.trace_iter).u32(12, 0)
  attr.pointer(16, infoBytes === 0 ? undefined : info).u32(24, infoBytes)
  return new IterLink(bpf(BPF.LINK_CREATE, attr, `attach iterator ${name}`))
}

export interface IterOpenOptions {
  /** The network namespace to walk: iter/tcp and iter/udp see one. Default that of this thread. */
  readonly netnsPath?: string
}

/** An iterator program, ready to walk as often as it is opened. */
export class IterLink extends Link {
  /** Begins a walk. The namespace counts when it begins, not when it is read. @throws {EbpfError} */
  open(options: IterOpenOptions = {}): IterReader {
    const create = () => new IterReader(bpf(BPF.ITER_CREATE, new BpfAttr().u32(0, this.fd).u32(4, 0)))
    return options.netnsPath === undefined ? create() : withNetns(options.netnsPath, create)
  }
}

/** One walk: reading runs the program, and gives what it writes with bpf_seq_write. */
export class IterReader extends OwnedFd {
  /** Bytes written into `into`, 0 at the end. A record may be cut at the end of `into`. @throws {EbpfError} */
  read(into: Uint8Array): number {
    for (;;) {
      try {
        return readFd(this.fd, into)
      } catch (error) {
        // A million objects of which the program wrote none (MAX_ITER_OBJECTS): the walk goes on from there.
        if (!(error instanceof EbpfError) || error.errno !== EAGAIN) throw error
      }
    }
  }
}
