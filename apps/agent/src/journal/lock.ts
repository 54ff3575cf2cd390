import { readFileSync, statSync } from 'node:fs'
import { AgentError } from '../agent-error.ts'

const SQLITE_BUSY = 5

/**
 * Holds `directory` for this process until it is disposed or the process ends, however it ends.
 *
 * It is an fcntl lock, which the kernel takes back with the process, so nothing stale can be left behind by a kill.
 * Node itself offers no such lock; the SQLite in it takes one on any file, and is asked for nothing else.
 *
 * @throws {AgentError} `locked` where another process holds it
 */
export async function lockDirectory(directory: string): Promise<Disposable> {
  const { DatabaseSync } = await import('node:sqlite')
  const path = `${directory}/lock`
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    if ((cause as { errcode?: number }).errcode !== SQLITE_BUSY)
      throw AgentError.from('data-directory', `lock ${path}`, cause)
    const holder = lockHolder(path)
    throw new AgentError(
      'locked',
      `another agent${holder ? ` (process ${holder})` : ''} uses this data directory: stop it, or give this one its own with --data`,
      { cause },
    )
  }
  return { [Symbol.dispose]: () => database.close() }
}

/** From /proc/locks: `1: POSIX  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`, with the holder's pid and the inode. */
function lockHolder(path: string): string | undefined {
  try {
    const inode = String(statSync(path).ino)
    for (const line of readFileSync('/proc/locks', 'latin1').split('\n')) {
      const fields = line.trim().split(/\s+/)
      if (fields[5]?.split(':')[2] === inode) return fields[4]
    }
  } catch {
    // Without /proc the message goes without the number.
  }
  return undefined
}
