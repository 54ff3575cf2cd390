import { closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync } from 'node:fs'
import { AgentError } from './agent-error.ts'

/** Where the agent keeps its state, inside of the data directory that it shares with the server. */
export const AGENT_DIRECTORY = 'agent'

export interface DataDirectory extends Disposable {
  /** The same directory for as long as this is not disposed, whatever happens to its name meanwhile. */
  readonly path: string
}

/**
 * Makes and opens `<data>/agent`. The data directory may belong to the server's user, who could put a link or a
 * directory of his choice in the place of ours and have root write there. So the directory is opened once, must be
 * our own and nobody else's, and is reached by its descriptor from then on.
 *
 * @throws {AgentError} `data-directory`
 */
export function openDataDirectory(data: string): DataDirectory {
  const path = `${data}/${AGENT_DIRECTORY}`
  let fd: number
  try {
    mkdirSync(data, { recursive: true })
    try {
      mkdirSync(path, { mode: 0o700 })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    fd = openSync(path, constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_RDONLY)
  } catch (cause) {
    throw AgentError.from('data-directory', 'cannot open the data directory', cause)
  }
  const { uid, mode } = fstatSync(fd)
  const euid = process.geteuid?.() ?? uid
  if (uid !== euid) {
    closeSync(fd)
    throw new AgentError(
      'data-directory',
      `${path} belongs to user ${uid} and this agent runs as user ${euid}: remove it, or choose another with --data`,
    )
  }
  if (mode & 0o077) fchmodSync(fd, 0o700)
  return { path: `/proc/self/fd/${fd}`, [Symbol.dispose]: () => closeSync(fd) }
}
