import { readFileSync, readdirSync } from 'node:fs'

/**
 * CPU that processes have had so far, in seconds: the sum over their threads of the scheduler's own run time
 * (first field of /proc/PID/task/TID/schedstat, nanoseconds; Documentation/scheduler/sched-stats.rst). What the
 * network stack does for them on loopback runs in their context and is in it.
 */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + processSeconds(pid), 0)
}

function processSeconds(pid: number): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1'), 10)
    } catch {
      // The thread has ended meanwhile.
    }
  }
  return nanoseconds / 1e9
}
