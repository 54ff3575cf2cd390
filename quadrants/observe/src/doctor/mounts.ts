/** One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  readonly point: string
  readonly type: string
  /** Options of the mount and of its file system together. */
  readonly options: ReadonlySet<string>
}

export function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = []
  for (const line of text.split('\n')) {
    // id parent major:minor root point options [fields…] - type source superoptions
    const [before, after] = line.split(' - ', 2)
    const fields = before?.split(' ') ?? []
    const [type, , superOptions] = after?.split(' ') ?? []
    const point = fields[4]
    if (point === undefined || type === undefined) continue
    const options = new Set([...(fields[5] ?? '').split(','), ...(superOptions ?? '').split(',')])
    mounts.push({ point: unescape(point), type, options })
  }
  return mounts
}

/** Blanks, tabs, newlines and backslashes are octal there. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_match, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  )
}
