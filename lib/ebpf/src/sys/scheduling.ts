import { call } from './syscall.ts'

const SCHED_FIFO = 1
const PRIORITY_LOWEST = 1

/**
 * Has the calling thread run before all ordinary ones as soon as it has something to do (SCHED_FIFO, lowest priority). It
 * must wait most of the time: nothing else gets its processor meanwhile.
 *
 * @throws {EbpfError} `permission` without CAP_SYS_NICE
 */
export function setRealtimeScheduling(): void {
  const doing = 'run before ordinary threads'
  call('sched_setscheduler', [0, SCHED_FIFO, Int32Array.of(PRIORITY_LOWEST)], doing)
}
