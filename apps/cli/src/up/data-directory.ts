import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { CliError } from '../cli-error.ts'

/** What may lie in a data directory; anything else means that it is somebody's folder. */
const OURS = new Set(['agent', 'agent.sock', 'server', 'server.json', 'up.json'])

/**
 * Makes the data directory. It belongs to whoever starts us: the server owns only server/ in it, so that it cannot
 * swap the agent's journal, which is root's, for a link. Its user must be able to pass through.
 *
 * @throws {CliError} QDR-C007 where it cannot be made or holds other things
 */
export function prepareDataDirectory(path: string, forOtherUser: boolean): void {
  let foreign: string | undefined
  try {
    mkdirSync(path, { recursive: true, mode: forOtherUser ? 0o711 : 0o700 })
    if (!statSync(path).isDirectory()) throw new Error('it is not a directory')
    foreign = readdirSync(path).find((name) => !OURS.has(name) && !name.startsWith('up.json.'))
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const isForbidden = code === 'EACCES' || code === 'EPERM'
    throw new CliError('QDR-C007', `the data directory ${path} cannot be used: ${message}`, {
      fix:
        isForbidden && process.getuid?.() !== 0
          ? 'run with sudo, or give a directory of your own with --data DIR'
          : 'give another one, that you may write to, with --data DIR',
      cause,
    })
  }
  if (foreign !== undefined)
    throw new CliError('QDR-C007', `${path} holds ${foreign}, which is not Quadrant's`, {
      fix: 'give an empty or new directory with --data DIR',
    })
}
