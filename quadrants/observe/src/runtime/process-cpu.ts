import { readText } from '../discover/proc-files.ts'

/** USER_HZ, which /proc counts by on every machine. */
const TICK_NS = 1e7

/** CPU time that a process has taken with all its threads, to a hundredth of a second, ns; -1 when it is gone. */
export function processCpuNs(procRoot: string, pid: number): number {
  const text = readText(`${procRoot}/${pid}/stat`)
  // Behind the name, which may hold anything: utime and stime are fields 14 and 15 of proc_pid_stat(5).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ', 13)
  const ticks = Number(fields[11]) + Number(fields[12])
  return Number.isFinite(ticks) ? ticks * TICK_NS : -1
}
