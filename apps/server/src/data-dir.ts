import { randomBytes } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants,
  lchownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { ServerError } from './error.ts'

/**
 * Where the server keeps things:
 *
 *     DIR/                     who started us; others may pass through, not look
 *     ├─ server/               the server's user, 0700
 *     │  ├─ store.db
 *     │  ├─ filters/           modules of filters, by their digests
 *     │  ├─ token              0600, kept over restarts: an open console stays signed in
 *     │  ├─ agent.sock         0600
 *     │  └─ server.json        0600: address and token
 *     ├─ agent.sock  → server/agent.sock
 *     └─ server.json → server/server.json
 *
 * The two links let the server run without any right on DIR, where the agent's own directory lies: who may write to
 * a directory may replace what is in it.
 */
export interface DataDir {
  readonly serverDir: string
  readonly store: string
  readonly filters: string
  readonly socket: string
  readonly serverFile: string
  readonly token: string
}

/** sun_path has 108 bytes, the last is NUL (unix(7)). */
const SOCKET_PATH_BYTES_MAX = 107

/** Makes what is missing, for `user` where we are root. @throws {ServerError} with what to change. */
export function prepareDataDir(path: string, user: { uid: number; gid: number } | undefined): DataDir {
  const dataDir = resolve(path)
  const serverDir = join(dataDir, 'server')
  const socket = join(serverDir, 'agent.sock')
  if (Buffer.byteLength(socket) > SOCKET_PATH_BYTES_MAX)
    throw new ServerError(
      'argument',
      `--data ${dataDir} is too long for a unix socket (${SOCKET_PATH_BYTES_MAX} bytes)`,
      {
        fix: 'choose a shorter directory',
      },
    )
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o711 })
    const { mode, uid, gid } = lstatSync(dataDir)
    // Our user must be able to pass through; what is inside guards itself.
    const mayPass = user !== undefined && (mode & (gid === user.gid ? 0o010 : 0o001)) !== 0
    if (user && uid === 0 && !mayPass) chmodSync(dataDir, (mode & 0o7777) | 0o011)
    mkdirSync(serverDir, { recursive: true, mode: 0o700 })
    giveTo(serverDir, user)
    link('server/agent.sock', join(dataDir, 'agent.sock'))
    link('server/server.json', join(dataDir, 'server.json'))
  } catch (error) {
    if (error instanceof ServerError) throw error
    throw new ServerError('permission', `can't make ${serverDir}: ${(error as Error).message}`, {
      fix: 'choose another --data, or make that directory yours',
      cause: error,
    })
  }
  return {
    serverDir,
    store: join(serverDir, 'store.db'),
    filters: join(serverDir, 'filters'),
    socket,
    serverFile: join(serverDir, 'server.json'),
    token: join(serverDir, 'token'),
  }
}

/** To be called as the user that the server runs as. @throws {ServerError} where the directory is out of reach. */
export function assertReachable({ serverDir }: DataDir): void {
  try {
    accessSync(serverDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new ServerError('permission', `user ${process.getuid?.()} can't reach ${serverDir}`, {
      fix: 'choose a --data that every user may pass through (/var/lib/quadrant), or give --user UID:GID of its owner',
      cause: error,
    })
  }
}

/** The token of this data directory; made when there is none. */
export function keepToken(file: string): string {
  try {
    const kept = readFileSync(file, 'utf8').trim()
    if (TOKEN.test(kept)) return kept
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw ServerError.from(error, 'permission')
  }
  const token = randomBytes(24).toString('base64url')
  replaceFile(file, `${token}\n`)
  return token
}

const TOKEN = /^[\w-]{32}$/

/** Tells where the server is and with which token. */
export function writeServerFile(
  file: string,
  content: { address: string; token: string; pid: number; version: string },
): void {
  replaceFile(file, `${JSON.stringify(content)}\n`)
}

/** Replaced as a whole, so that nobody reads a half. */
function replaceFile(file: string, text: string): void {
  const next = `${file}.new`
  rmSync(next, { force: true })
  writeFileSync(next, text, { mode: 0o600, flag: 'wx' })
  renameSync(next, file)
}

function giveTo(serverDir: string, user: { uid: number; gid: number } | undefined): void {
  const { uid, mode } = lstatSync(serverDir)
  if (!user) {
    if ((mode & 0o077) !== 0) chmodSync(serverDir, 0o700)
    return
  }
  if (uid === user.uid) return
  if (uid !== 0)
    throw new ServerError('permission', `${serverDir} belongs to user ${uid}, not to ${user.uid}`, {
      fix: `chown -R ${user.uid}:${user.gid} ${serverDir}`,
    })
  // It was root's until now, so nobody else could have put a link here.
  for (const name of readdirSync(serverDir)) lchownSync(join(serverDir, name), user.uid, user.gid)
  lchownSync(serverDir, user.uid, user.gid)
}

function link(target: string, path: string): void {
  try {
    if (readlinkSync(path) === target) return
  } catch {
    // Missing, or left by hand as a file: replaced below.
  }
  rmSync(path, { force: true })
  symlinkSync(target, path)
}
