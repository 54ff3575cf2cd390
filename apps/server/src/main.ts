import { fstatSync, readFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import packageJson from '../package.json' with { type: 'json' }
import { StaticFiles } from './api/static.ts'
import { assertReachable, prepareDataDir } from './data-dir.ts'
import { ServerError } from './error.ts'
import type { GatewayListenerOptions } from './filters/gateway-listener.ts'
import { parseOptions, type GatewayOptions } from './options.ts'
import { readPipelines } from './pipelines/read-pipelines.ts'
import {
  assertUnprivileged,
  becomeUser,
  confineAndRestart,
  heldCapabilities,
  ownOnlyUser,
  renouncePrivileges,
} from './privileges.ts'
import { startServer } from './server.ts'
import { DEFAULT_STORE_LIMITS } from './store/store.ts'

const EXIT_USAGE = 2
const EXIT_FAILURE = 3

async function main(): Promise<void> {
  // Node would open its debugger's port.
  process.on('SIGUSR1', () => {})
  const argv = process.argv.slice(2)
  const options = parseOptions(argv)
  const log = pino({ name: 'server', level: options.logLevel }, pino.destination({ dest: 2, sync: true }))
  // Root of a container may hold no capability: it cannot become another user, and is an ordinary one already.
  const isRoot = process.getuid?.() === 0 && heldCapabilities() !== undefined && !options.isConfined
  const only = process.getuid?.() === 0 ? ownOnlyUser() : undefined
  if (isRoot && only) await confineAndRestart(argv)
  // Everything that needs root's view of the files comes first; nothing foreign is read before the drop.
  const dir = prepareDataDir(options.dataDir, isRoot ? options.user : undefined)
  const files = new StaticFiles(
    options.consoleDir ?? fileURLToPath(new URL('../../console/dist', import.meta.url)),
  )
  const pipelines =
    options.pipelineFile === undefined ? undefined : await readPipelines(options.pipelineFile, process.env)
  const gateways = options.gateways && readCertificates(options.gateways)
  const notRenounced = await renouncePrivileges(isRoot)
  if (notRenounced !== undefined) log.warn({ reason: notRenounced }, 'cannot give up all privileges')
  // Root's cache of compiled code, where there is one: an ordinary user must not be able to write to it.
  if (isRoot) flushCompileCache()
  if (isRoot) becomeUser(options.user)
  else assertUnprivileged()
  assertReachable(dir)
  if (options.isConfined && only)
    // Root outside too: it has no capability, but root's files are its own.
    log[only.outside === 0 ? 'warn' : 'info'](
      { uid: only.inside, uidOutside: only.outside },
      'no other user to become in this user namespace: gave up every capability, set no_new_privs, stays this user',
    )

  const server = await startServer({
    dir,
    port: options.port,
    limits: {
      ...DEFAULT_STORE_LIMITS,
      flowBytes: options.flowRetentionBytes,
      storeBytes: options.storeLimitBytes,
    },
    filterBytesMax: options.filterLimitBytes,
    gateways,
    files,
    log,
    version: packageJson.version,
    call: {
      command: options.command,
      dataDir: resolve(options.dataDir),
      dataIsDefault: options.dataIsDefault,
    },
    pipelines,
  })
  const stop = (cause: string) => {
    log.info({ cause }, 'stopping')
    server[Symbol.asyncDispose]().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'did not stop cleanly')
        process.exit(EXIT_FAILURE)
      },
    )
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(signal))
  onSupervisorGone(() => stop('the supervisor is gone'))
  const { address, token } = server
  process.stdout.write(`${JSON.stringify({ ready: true, address, token })}\n`)
  log.info({ address, uid: process.getuid?.() }, 'ready')
}

function readCertificates({ host, port, certFile, keyFile, caFile }: GatewayOptions): GatewayListenerOptions {
  const read = (path: string) => {
    try {
      return readFileSync(path)
    } catch (cause) {
      throw new ServerError('argument', `${path} cannot be read: ${(cause as Error).message}`, { cause })
    }
  }
  return { host, port, cert: read(certFile), key: read(keyFile), ca: read(caFile) }
}

/** A supervisor holds the other end of our stdin and never writes; its end, even by kill -9, is the pipe's end. */
function onSupervisorGone(stop: () => void): void {
  const stdin = fstatSync(0)
  if (!stdin.isFIFO() && !stdin.isSocket()) return
  process.stdin.once('end', stop)
  process.stdin.once('error', stop)
  process.stdin.resume()
}

main().catch((error: unknown) => {
  const { code, message, fix } = ServerError.from(error, 'store')
  process.stderr.write(`error: ${message}\n${fix ? `fix: ${fix}\n` : ''}`)
  process.exit(code === 'argument' ? EXIT_USAGE : EXIT_FAILURE)
})
