import { readdirSync, statSync } from 'node:fs'
import { listPids, parseNamespace, readLink } from './proc-files.ts'

/** A network namespace and a path that opens it. */
export interface NetworkNamespace {
  readonly inode: number
  readonly path: string
  /** A process in it; 0 for one that only has a name. */
  readonly pid: number
}

/** Namespaces told of at most. */
const NAMESPACES_MAX = 4_096

/**
 * The network namespaces of the machine: those of processes, and those that `ip netns` named.
 *
 * @param procRoot Where /proc is mounted.
 * @param namedRoot Folder of the named ones, `/run/netns`.
 */
export function listNetworkNamespaces(procRoot: string, namedRoot: string): NetworkNamespace[] {
  const found = new Map<number, NetworkNamespace>()
  for (const pid of listPids(procRoot)) {
    const path = `${procRoot}/${pid}/ns/net`
    const inode = parseNamespace(readLink(path))
    if (inode !== 0 && !found.has(inode) && found.size < NAMESPACES_MAX)
      found.set(inode, { inode, path, pid })
  }
  for (const path of listNamed(namedRoot)) {
    try {
      const inode = statSync(path).ino
      if (!found.has(inode) && found.size < NAMESPACES_MAX) found.set(inode, { inode, path, pid: 0 })
    } catch {
      // It was deleted while we looked.
    }
  }
  return [...found.values()]
}

function listNamed(root: string): string[] {
  try {
    return readdirSync(root).map((name) => `${root}/${name}`)
  } catch {
    return []
  }
}
