import { closeSync, constants, fstatSync, openSync, statSync, type Stats } from 'node:fs'
import type { Mapping } from './process-maps.ts'

/** A file that a process has mapped, found but not opened. */
export interface MappedFile {
  /** Path that opens it for us. */
  readonly path: string
  /** The same for the same bytes: device, inode, size and time of change. */
  readonly identity: string
}

/**
 * Finds the file behind a mapping: the very one, through /proc/PID/map_files, also where it was deleted or replaced;
 * where that may not be followed (it needs CAP_CHECKPOINT_RESTORE), by its path in the process's own mount namespace;
 * and once the process has ended, by its path in ours. By path only the same inode counts. Undefined where there is none.
 */
export function findMappedFile(procRoot: string, pid: number, mapping: Mapping): MappedFile | undefined {
  const { start, end, inode, path } = mapping
  if (inode === 0) return undefined
  const exact = `${procRoot}/${pid}/map_files/${start.toString(16)}-${end.toString(16)}`
  const found = regularFile(exact)
  if (found !== undefined) return { path: exact, identity: identityOf(found) }
  const name = path.replace(/ \(deleted\)$/, '')
  if (!name.startsWith('/')) return undefined
  for (const candidate of [`${procRoot}/${pid}/root${name}`, name]) {
    const stats = regularFile(candidate)
    if (stats?.ino === inode) return { path: candidate, identity: identityOf(stats) }
  }
  return undefined
}

/** Opens it; undefined where it is gone, or another by now. The descriptor is the caller's. */
export function openMappedFile(file: MappedFile): number | undefined {
  let fd
  try {
    fd = openSync(file.path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch {
    return undefined
  }
  if (isUnchanged(fd, file.identity)) return fd
  closeSync(fd)
  return undefined
}

/** Whether an open file is still what it was. */
export function isUnchanged(fd: number, identity: string): boolean {
  const stats = fstatSync(fd)
  return stats.isFile() && identityOf(stats) === identity
}

function regularFile(path: string): Stats | undefined {
  try {
    const stats = statSync(path)
    return stats.isFile() ? stats : undefined
  } catch {
    return undefined
  }
}

function identityOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`
}
