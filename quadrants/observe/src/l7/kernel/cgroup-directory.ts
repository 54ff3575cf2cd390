import { join } from 'node:path'
import { readText } from '../../discover/proc-files.ts'

/**
 * Where the cgroup v2 of a process is, for `attach`; undefined when the process is gone. A socket stays in the group in
 * which it was made: of a process that was moved afterwards, the old sockets are not seen there.
 *
 * @param procRoot where /proc is mounted
 * @param root where the v2 hierarchy is mounted, see `cgroupRoot`
 */
export function cgroupDirectory(pid: number, procRoot: string, root: string): string | undefined {
  // cgroups(7): the v2 hierarchy has the number 0 and no controllers. A group outside our namespace begins with `/..`.
  const path = /^0::(\/.*)$/m.exec(readText(`${procRoot}/${pid}/cgroup`))?.[1]
  return path === undefined || path.startsWith('/..') ? undefined : join(root, path)
}
