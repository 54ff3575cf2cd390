import { closeSync, openSync, readSync } from 'node:fs'

/** A JVM has some 1,000 lines of 100 bytes; the libraries that tell a runtime are mapped before it has many. */
const MAPS_BYTES_MAX = 256 << 10

/** Paths of the files that a process has mapped, as it sees them, each once; empty where they may not be read. */
export function mappedFiles(procRoot: string, pid: number): string[] {
  let text
  try {
    text = readStart(`${procRoot}/${pid}/maps`)
  } catch {
    return []
  }
  const paths = new Set<string>()
  // `start-end perms offset dev inode path`, proc_pid_maps(5).
  for (const [, path] of text.matchAll(/^\S+ \S+ \S+ \S+ [1-9]\d* +(\/.*)$/gm)) paths.add(path!)
  return [...paths]
}

function readStart(path: string): string {
  const fd = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(MAPS_BYTES_MAX)
    let length = 0
    // The kernel gives a page at a time.
    for (let count = 1; count > 0 && length < bytes.length; length += count)
      count = readSync(fd, bytes, length, bytes.length - length, null)
    return bytes.toString('utf8', 0, length)
  } finally {
    closeSync(fd)
  }
}
