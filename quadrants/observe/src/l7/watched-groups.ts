import { statSync } from 'node:fs'
import { cgroupDirectory } from './kernel/cgroup-directory.ts'
import type { RequestSource } from './request-source.ts'

/** Groups that are remembered; all are forgotten over it. */
const REMEMBERED_MAX = 4096

export interface GroupProcesses {
  pidOf(id: number): number | undefined
  /** The living whose service matches a glob. */
  pidsOfServices(globs: readonly string[]): readonly number[]
}

/** The cgroups whose packets are looked at: all, or those in which chosen services run. */
export class WatchedGroups {
  readonly #procRoot: string
  readonly #root: string
  readonly #processes: GroupProcesses
  readonly #attached = new Set<string>()
  /** Of processes by id: 0 where it is not known. */
  readonly #ids = new Map<number, number>()

  /** @param root where the v2 hierarchy is mounted */
  constructor(procRoot: string, root: string, processes: GroupProcesses) {
    this.#procRoot = procRoot
    this.#root = root
    this.#processes = processes
  }

  /** Of a process: the inode of its group's directory. */
  idOf(process: number): number | undefined {
    let id = this.#ids.get(process)
    if (id === undefined) {
      if (this.#ids.size >= REMEMBERED_MAX) this.#ids.clear()
      const pid = this.#processes.pidOf(process)
      const path = pid === undefined ? undefined : cgroupDirectory(pid, this.#procRoot, this.#root)
      this.#ids.set(process, (id = path === undefined ? 0 : inodeOf(path)))
    }
    return id === 0 ? undefined : id
  }

  /**
   * Looks at the groups of these services from now on, and at no other.
   *
   * @param services globs; none: the whole hierarchy
   * @throws {EbpfError} what the kernel refused; what was attached before stays
   */
  follow(source: RequestSource, services: readonly string[]): void {
    const wanted = services.length === 0 ? new Set([this.#root]) : this.#groupsOf(services)
    for (const path of wanted)
      if (!this.#attached.has(path) && inodeOf(path) !== 0) {
        source.attach(path)
        this.#attached.add(path)
      }
    for (const path of this.#attached)
      if (!wanted.has(path)) {
        source.detach(path)
        this.#attached.delete(path)
      }
  }

  /** Ids of the groups in which these services run; some may have several. */
  idsOf(services: readonly string[]): ReadonlySet<number> {
    const ids = new Set<number>()
    for (const pid of this.#processes.pidsOfServices(services)) {
      const path = cgroupDirectory(pid, this.#procRoot, this.#root)
      const id = path === undefined ? 0 : inodeOf(path)
      if (id !== 0) ids.add(id)
    }
    return ids
  }

  /** What was attached is gone with its source. */
  clear(): void {
    this.#attached.clear()
  }

  /** Without those that lie in another one: its packets would be looked at twice. */
  #groupsOf(services: readonly string[]): Set<string> {
    const paths = new Set<string>()
    for (const pid of this.#processes.pidsOfServices(services)) {
      const path = cgroupDirectory(pid, this.#procRoot, this.#root)
      if (path !== undefined) paths.add(path.endsWith('/') ? path.slice(0, -1) : path)
    }
    const outer = new Set<string>()
    for (const path of [...paths].toSorted((a, b) => a.length - b.length))
      if (!outer.values().some((other) => path.startsWith(`${other}/`))) outer.add(path)
    return outer
  }
}

/** 0 where there is no such directory (any more). */
function inodeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? 0
}
