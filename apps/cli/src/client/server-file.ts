import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CliError } from '../cli-error.ts'

/** What a server writes about itself in its data directory, readable by its user and root only. */
export interface ServerFile {
  readonly address: string
  readonly token: string
  readonly pid: number
  readonly version: string
}

/** Who asks, for the command that mends it. */
export interface Caller {
  /** How the program is typed here. */
  readonly command: string
  readonly uid: number
}

const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/

/** The server of the first directory that has one. @throws CliError QDR-C001 where none has, QDR-C003 where it cannot be read */
export function findServer(
  directories: readonly string[],
  who: Caller,
): ServerFile & { readonly data: string } {
  let denied: string | undefined
  for (const data of directories) {
    const path = join(data, 'server.json')
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === 'EACCES' || code === 'EPERM') denied ??= path
      continue
    }
    const file = parseServerFile(text)
    if (!file) throw new CliError('QDR-C003', `${path} is not a server's address file`, startFix(who))
    return { ...file, data }
  }
  if (denied !== undefined)
    throw new CliError(
      'QDR-C003',
      `a server may run here, but ${denied} belongs to another user: it holds the token`,
      { fix: `run the same command with sudo: sudo ${who.command} …` },
    )
  throw new CliError('QDR-C001', `no server is known in ${directories.join(' or ')}`, startFix(who))
}

export function parseServerFile(text: string): ServerFile | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { address, token, pid, version } = value as Record<string, unknown>
  if (typeof address !== 'string' || typeof token !== 'string' || typeof pid !== 'number') return undefined
  // The token goes to this machine and nowhere else, whatever the file says.
  if (!LOOPBACK.test(address) || !/^[\x21-\x7e]+$/.test(token)) return undefined
  return { address, token, pid, version: typeof version === 'string' ? version : '' }
}

export function startFix({ command, uid }: Caller): { readonly fix: string } {
  if (uid === 0) return { fix: `start it with: ${command} up` }
  return { fix: `start it with: sudo ${command} up (without sudo it sees only what /proc shows you)` }
}
