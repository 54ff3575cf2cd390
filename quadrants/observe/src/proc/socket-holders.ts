import { readdirSync } from 'node:fs'
import { readLink } from '../discover/proc-files.ts'

export interface SocketHolders {
  /** Processes by inode of the socket; the first that was found. */
  readonly pidOf: ReadonlyMap<number, number>
  /** Processes whose files may not be read. */
  readonly hiddenCount: number
}

/** Files looked at in one pass. */
const FILES_MAX = 1_000_000

/** Looks through the open files of all processes for sockets. */
export function findSocketHolders(procRoot: string, pids: readonly number[]): SocketHolders {
  const pidOf = new Map<number, number>()
  let hiddenCount = 0
  let files = 0
  for (const pid of pids) {
    const folder = `${procRoot}/${pid}/fd`
    let names: string[]
    try {
      names = readdirSync(folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') hiddenCount++
      continue
    }
    for (const name of names) {
      if (++files > FILES_MAX) return { pidOf, hiddenCount }
      const inode = parseSocketLink(readLink(`${folder}/${name}`))
      if (inode !== 0 && !pidOf.has(inode)) pidOf.set(inode, pid)
    }
  }
  return { pidOf, hiddenCount }
}

/** The inode in `socket:[12345]`, 0 for any other file. */
export function parseSocketLink(link: string): number {
  if (!link.startsWith('socket:[') || !link.endsWith(']')) return 0
  const inode = Number(link.slice(8, -1))
  return Number.isSafeInteger(inode) ? inode : 0
}
