import { BPF, BpfAttr, bpf } from '../sys/bpf.ts'
import { closeFd } from '../sys/file-descriptor.ts'

const BPF_STATS_RUN_TIME = 0

/**
 * Lets the kernel count the runs and the time of every program of the machine for as long as the result is held.
 * About 20 ns a run. @throws {EbpfError}
 */
export function enableProgramStats(): Disposable {
  const fd = bpf(BPF.ENABLE_STATS, new BpfAttr().u32(0, BPF_STATS_RUN_TIME), 'count program runs')
  let open = true
  return {
    [Symbol.dispose]: () => {
      if (open) closeFd(fd)
      open = false
    },
  }
}
