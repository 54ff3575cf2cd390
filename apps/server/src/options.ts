import { parseArgs } from 'node:util'
import { ServerError } from './error.ts'

/** What the command line of the server says. */
export interface ServerOptions {
  /** Quadrant's data directory; the server keeps its own state in `server/` below it. */
  readonly dataDir: string
  /** TCP port on loopback; 0 lets the kernel choose. */
  readonly port: number
  /** Whom the server becomes when it was started by root. Default: nobody. */
  readonly user: { readonly uid: number; readonly gid: number }
  /** Most bytes kept of single flows. Default 256 MiB. */
  readonly flowRetentionBytes: number
  /** Most bytes of the whole store. Default 1 GiB. */
  readonly storeLimitBytes: number
  /** Where gateways of other hosts connect, and files of the certificates for it; undefined: nowhere. */
  readonly gateways: GatewayOptions | undefined
  /** Most bytes of modules of filters. Default 1 GiB. */
  readonly filterLimitBytes: number
  /** Built console; default: the one in this checkout. */
  readonly consoleDir: string | undefined
  readonly logLevel: string
  /** Set by the server itself: capabilities were given up and the process executed anew. */
  readonly isConfined: boolean
  /** How the command is typed here, for what the console copies. Default: quadrant. */
  readonly command: string
  /** Commands find the data directory without `--data`. */
  readonly dataIsDefault: boolean
  /** Where telemetry goes on to; undefined: nowhere. */
  readonly pipelineFile: string | undefined
}

export interface GatewayOptions {
  readonly host: string
  readonly port: number
  readonly certFile: string
  readonly keyFile: string
  readonly caFile: string
}

const NOBODY = 65_534
const MIB = 1 << 20

const USAGE =
  'usage: server --data DIR [--port N] [--user UID:GID] [--retention-bytes N] [--store-bytes N] [--filter-bytes N] [--gateways HOST:PORT --gateways-cert FILE --gateways-key FILE --gateways-ca FILE] [--console DIR] [--log-level LEVEL] [--command TEXT] [--data-is-default] [--pipeline FILE]'

/** @throws {ServerError} `argument` for anything that is not understood. */
export function parseOptions(argv: readonly string[]): ServerOptions {
  let values
  try {
    values = parseArgs({
      args: [...argv],
      options: {
        data: { type: 'string' },
        port: { type: 'string', default: '0' },
        user: { type: 'string', default: `${NOBODY}:${NOBODY}` },
        'retention-bytes': { type: 'string', default: String(256 * MIB) },
        'store-bytes': { type: 'string', default: String(1024 * MIB) },
        'filter-bytes': { type: 'string', default: String(1024 * MIB) },
        gateways: { type: 'string' },
        'gateways-cert': { type: 'string' },
        'gateways-key': { type: 'string' },
        'gateways-ca': { type: 'string' },
        console: { type: 'string' },
        'log-level': { type: 'string', default: 'info' },
        confined: { type: 'boolean', default: false },
        command: { type: 'string', default: 'quadrant' },
        'data-is-default': { type: 'boolean', default: false },
        pipeline: { type: 'string' },
      },
    }).values
  } catch (error) {
    throw new ServerError('argument', (error as Error).message, { fix: USAGE, cause: error })
  }
  if (!values.data) throw new ServerError('argument', '--data is missing', { fix: USAGE })
  const user = /^(?<uid>\d{1,9}):(?<gid>\d{1,9})$/.exec(values.user)?.groups
  if (!user || Number(user['uid']) === 0 || Number(user['gid']) === 0)
    throw new ServerError(
      'argument',
      `--user ${values.user}: give UID:GID of an ordinary user, e.g. 65534:65534`,
    )
  if (!LOG_LEVELS.includes(values['log-level']))
    throw new ServerError('argument', `--log-level ${values['log-level']}: one of ${LOG_LEVELS.join(', ')}`)
  return {
    dataDir: values.data,
    port: wholeNumber('--port', values.port, 0, 65_535),
    user: { uid: Number(user['uid']), gid: Number(user['gid']) },
    flowRetentionBytes: wholeNumber('--retention-bytes', values['retention-bytes'], MIB),
    storeLimitBytes: wholeNumber('--store-bytes', values['store-bytes'], 8 * MIB),
    filterLimitBytes: wholeNumber('--filter-bytes', values['filter-bytes'], MIB),
    gateways: gatewayOptions(values),
    consoleDir: values.console,
    logLevel: values['log-level'],
    isConfined: values.confined,
    command: values.command,
    dataIsDefault: values['data-is-default'],
    pipelineFile: values.pipeline,
  }
}

function gatewayOptions(values: {
  readonly gateways?: string | undefined
  readonly 'gateways-cert'?: string | undefined
  readonly 'gateways-key'?: string | undefined
  readonly 'gateways-ca'?: string | undefined
}): GatewayOptions | undefined {
  const files = [values['gateways-cert'], values['gateways-key'], values['gateways-ca']]
  if (values.gateways === undefined && files.every((file) => file === undefined)) return undefined
  const [certFile, keyFile, caFile] = files
  const match = /^(?:\[(?<v6>[0-9a-f:]+)\]|(?<host>[^:[\]]+)):(?<port>\d{1,5})$/i.exec(
    values.gateways ?? '',
  )?.groups
  if (!match) throw new ServerError('argument', `--gateways ${values.gateways ?? ''}: give HOST:PORT`)
  if (!certFile || !keyFile || !caFile)
    throw new ServerError('argument', 'gateways are listened for in mutual TLS only', {
      fix: '--gateways-cert FILE --gateways-key FILE --gateways-ca FILE',
    })
  const port = wholeNumber('--gateways', match['port']!, 0, 65_535)
  return { host: match['v6'] ?? match['host']!, port, certFile, keyFile, caFile }
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

function wholeNumber(name: string, text: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new ServerError('argument', `${name} ${text}: a whole number from ${min} to ${max}`)
  return value
}
