import { BPF, BpfAttr, bpf } from '../sys/bpf.ts'
import { cString } from '../sys/c-string.ts'
import { Link } from './link.ts'

/** A raw_tracepoint program at the tracepoint of this name: `sched_switch`. @throws {EbpfError} */
export function attachRawTracepoint(programFd: number, tracepoint: string): Link {
  const attr = new BpfAttr().pointer(0, cString(tracepoint)).u32(8, programFd)
  return new Link(bpf(BPF.RAW_TRACEPOINT_OPEN, attr, `attach to raw tracepoint ${tracepoint}`))
}

/** A tracing program (tp_btf, fentry, fexit, fmod_ret, lsm) at the hook it was loaded for. @throws {EbpfError} */
export function attachTracing(programFd: number, name: string): Link {
  const attr = new BpfAttr().u64(0, 0).u32(8, programFd)
  return new Link(bpf(BPF.RAW_TRACEPOINT_OPEN, attr, `attach ${name}`))
}
