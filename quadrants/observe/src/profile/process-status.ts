/** What identifies a process from one exec to the next, and by what number it knows itself. */
export interface ProcessStatus {
  /** Address of the program's first stack, field 28 of stat: 0 where it may not be read. */
  readonly startStack: number
  /** In its innermost namespace. */
  readonly ownPid: number
  /** Effective. */
  readonly uid: number
}

/** From /proc/PID/stat and /proc/PID/status (proc_pid_stat(5), proc_pid_status(5)); undefined where they are broken. */
export function parseProcessStatus(stat: string, status: string): ProcessStatus | undefined {
  const startStack = parseStartStack(stat)
  const pids = /^NSpid:\s*([\d\s]+)$/m.exec(status)?.[1]
  const ownPid = Number(pids?.trim().split(/\s+/).at(-1) ?? Number.parseInt(stat, 10))
  const uid = Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1])
  return startStack !== undefined && Number.isSafeInteger(ownPid) && Number.isSafeInteger(uid)
    ? { startStack, ownPid, uid }
    : undefined
}

/** Field 28 of /proc/PID/stat. */
export function parseStartStack(stat: string): number | undefined {
  // The name may hold parentheses and spaces itself.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/)
  const startStack = Number(fields[25])
  return Number.isSafeInteger(startStack) ? startStack : undefined
}
