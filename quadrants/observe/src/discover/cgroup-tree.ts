import { readdirSync, statSync } from 'node:fs'
import { readText } from './proc-files.ts'

/** Groups looked at in one walk. */
const GROUPS_MAX = 10_000
/** Walks are made no more often than this. */
const WALK_INTERVAL_NS = 5e9

/** Names cgroups of the v2 hierarchy by id, also those whose processes are gone: the id is the directory's inode. */
export class CgroupTree {
  readonly #mount: string | undefined
  readonly #paths = new Map<number, string>()
  #walkedNs = -Infinity

  /** @param procRoot Where /proc is mounted; its self/mounts says where the hierarchy is. */
  constructor(procRoot: string) {
    this.#mount = findUnifiedMount(readText(`${procRoot}/self/mounts`))
  }

  /** Remembers what a living process told. */
  learn(id: number, path: string): void {
    if (id !== 0 && path !== '' && this.#paths.size < GROUPS_MAX) this.#paths.set(id, path)
  }

  /** The path below the mount, e.g. `/system.slice/nginx.service`; empty where it is not known. */
  find(id: number, nowNs: number): string {
    if (id === 0) return ''
    const known = this.#paths.get(id)
    if (known !== undefined) return known
    if (nowNs - this.#walkedNs < WALK_INTERVAL_NS) return ''
    this.#walkedNs = nowNs
    this.#walk()
    return this.#paths.get(id) ?? ''
  }

  #walk(): void {
    if (this.#mount === undefined) return
    this.#paths.clear()
    const waiting = ['/']
    for (
      let path = waiting.pop();
      path !== undefined && this.#paths.size < GROUPS_MAX;
      path = waiting.pop()
    ) {
      try {
        const directory = this.#mount + path
        this.#paths.set(statSync(directory).ino, path)
        for (const entry of readdirSync(directory, { withFileTypes: true }))
          if (entry.isDirectory()) waiting.push(path === '/' ? `/${entry.name}` : `${path}/${entry.name}`)
      } catch {
        // The group was removed while we walked.
      }
    }
  }
}

/** Where the cgroup v2 hierarchy is mounted, by the lines of proc_pid_mounts(5). */
export function findUnifiedMount(mounts: string): string | undefined {
  for (const line of mounts.split('\n')) {
    const [, mountPoint, type] = line.split(' ')
    if (type === 'cgroup2' && mountPoint !== undefined)
      return mountPoint.replace(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      )
  }
  return undefined
}
