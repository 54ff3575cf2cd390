import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CliError, usageError, type ExitCode } from '../cli-error.ts'
import { dataDir, isDefaultDataDir } from '../client/data-dir.ts'
import { parseServerFile } from '../client/server-file.ts'
import { wholeNumber } from '../command/flags.ts'
import { note, type Context } from '../context.ts'
import { startShop } from '../demo/start-shop.ts'
import { buildConsoleIfStale } from './console-build.ts'
import { prepareDataDirectory } from './data-directory.ts'
import { part } from './part.ts'
import { pipelineVariables } from './pipeline-variables.ts'
import { choosePort } from './port.ts'
import { RunLock } from './run-lock.ts'
import { consoleAddress, parseReady } from './server-ready.ts'
import { serverUser } from './server-user.ts'
import { stopSignal } from './stop-signal.ts'
import type { Supervised } from './supervised.ts'

export interface UpFlags {
  readonly demo?: boolean
  readonly data?: string
  readonly port?: number
  readonly source: 'auto' | 'ebpf' | 'proc'
  readonly flowCap?: number
  readonly udpBytes?: boolean
  readonly messages?: readonly string[]
  readonly service?: readonly string[]
  readonly noProbes?: boolean
  readonly noProfiles?: boolean
  readonly requests?: readonly string[]
  /** Percent. */
  readonly probeBudget?: number
  readonly pipeline?: string
  /** MiB. */
  readonly journalLimit?: number
  /** MiB. */
  readonly flowsLimit?: number
  /** MiB. */
  readonly storeLimit?: number
  /** MiB. */
  readonly filterLimit?: number
  /** `host:port` */
  readonly gateways?: string
  readonly gatewaysCert?: string
  readonly gatewaysKey?: string
  readonly gatewaysCa?: string
}

const MIB = 1 << 20
const AGENT = fileURLToPath(new URL('../../../agent/src/main.ts', import.meta.url))
const SERVER = fileURLToPath(new URL('../../../server/src/main.ts', import.meta.url))

/** Runs until it is told to end. @throws {CliError} where a part does not start */
export async function runUp(context: Context, flags: UpFlags): Promise<void> {
  const data = dataDir(flags.data, context)
  const user = serverUser(context)
  prepareDataDirectory(data, user !== undefined)
  const lock = RunLock.take(data)
  if ('heldBy' in lock) throw runningAlready(data, lock.heldBy)
  using _lock = lock
  using stop = stopSignal()
  const failed = Promise.withResolvers<ExitCode>()
  const variables = flags.pipeline === undefined ? [] : await pipelineVariables(flags.pipeline, context)
  const port = await choosePort(flags.port ?? environmentPort(context))

  let announced = false
  const announce = (line: string) => {
    const ready = parseReady(line)
    if (!ready || announced) return
    announced = true
    context.stdout.write(`${consoleAddress(ready)}\n`)
    if (!isLoopbackUp())
      note(
        context,
        context.paintNotes(
          'yellow',
          'loopback is down in this network namespace, so that nothing reaches that address; fix: ip link set lo up',
        ),
      )
    note(
      context,
      context.paintNotes('dim', `observing; state in ${data}; Ctrl-C ends and detaches every probe`),
    )
  }
  const agent = part(
    {
      name: 'agent',
      args: [AGENT, '--supervised', '--data', data, '--source', flags.source, ...agentFlags(flags)],
      onFailure: failed.reject,
    },
    context,
  )
  const server = part(
    {
      name: 'server',
      args: [
        SERVER,
        '--data',
        data,
        '--port',
        String(port),
        '--command',
        context.command,
        ...(isDefaultDataDir(data, context) ? ['--data-is-default'] : []),
        ...(user ? ['--user', `${user.uid}:${user.gid}`] : []),
        ...serverFlags(flags),
      ],
      variables,
      onLine: announce,
      hasWorked: () => announced,
      onFailure: failed.reject,
    },
    context,
  )
  stop.onForce(() => {
    for (const child of [agent, server]) child.kill()
  })

  // The agent does not wait for the console: what it sees meanwhile is in its journal.
  agent.start()
  const buildFailure = await Promise.race([
    buildConsoleIfStale(context.uid),
    stop.asked.then(() => undefined),
    failed.promise.then(() => undefined),
  ]).catch(() => undefined)
  if (buildFailure !== undefined)
    note(
      context,
      context.paintNotes('yellow', `the console could not be built, all else works: ${buildFailure}`),
    )
  server.start()
  const shop = flags.demo ? startShop({ user, onProblem: (text) => note(context, text) }) : undefined
  try {
    context.process.exitCode = await Promise.race([stop.asked, failed.promise])
  } finally {
    await shop?.[Symbol.asyncDispose]()
    await endInOrder(agent, server)
  }
}

/** The agent first: its last second still finds the server. */
async function endInOrder(agent: Supervised, server: Supervised): Promise<void> {
  await agent.stop()
  await server.stop()
}

/** It is not in a network namespace that was just made. */
function isLoopbackUp(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ internal }) => internal))
}

function agentFlags(flags: UpFlags): string[] {
  return [
    ...(flags.flowCap === undefined ? [] : ['--flow-cap', String(flags.flowCap)]),
    ...(flags.udpBytes ? ['--udp-bytes'] : []),
    ...(flags.messages ?? []).flatMap((target) => ['--messages', target]),
    ...(flags.service ?? []).flatMap((rule) => ['--service', rule]),
    ...(flags.noProbes ? ['--no-probes'] : []),
    ...(flags.noProfiles ? ['--no-profiles'] : []),
    ...requestServices(flags).flatMap((service) => ['--requests', service]),
    ...(flags.probeBudget === undefined ? [] : ['--probe-budget', String(flags.probeBudget)]),
    ...(flags.journalLimit === undefined ? [] : ['--journal-limit', String(flags.journalLimit)]),
  ]
}

/** A shop that is there to be looked at shows its requests. */
function requestServices({ requests = [], demo = false }: UpFlags): readonly string[] {
  return requests.length === 0 && demo ? ['*'] : requests
}

function serverFlags({ flowsLimit, storeLimit, filterLimit, pipeline, ...flags }: UpFlags): string[] {
  const gateways = [
    ['--gateways', flags.gateways],
    ['--gateways-cert', flags.gatewaysCert],
    ['--gateways-key', flags.gatewaysKey],
    ['--gateways-ca', flags.gatewaysCa],
  ] as const
  return [
    ...gateways.flatMap(([name, value]) => (value === undefined ? [] : [name, value])),
    ...(filterLimit === undefined ? [] : ['--filter-bytes', String(filterLimit * MIB)]),
    ...(pipeline === undefined ? [] : ['--pipeline', pipeline]),
    ...(flowsLimit === undefined ? [] : ['--retention-bytes', String(flowsLimit * MIB)]),
    ...(storeLimit === undefined ? [] : ['--store-bytes', String(storeLimit * MIB)]),
  ]
}

function environmentPort(context: Context): number | undefined {
  const text = context.env['QUADRANT_PORT']
  if (!text) return undefined
  try {
    return wholeNumber(0, 65_535)(text)
  } catch (error) {
    throw usageError(`QUADRANT_PORT \`${text}\`: ${(error as Error).message}`)
  }
}

function runningAlready(data: string, pid: number): CliError {
  let address: string | undefined
  try {
    const file = parseServerFile(readFileSync(join(data, 'server.json'), 'utf8'))
    if (file) address = consoleAddress(file)
  } catch {
    // It has not got that far yet, or it is another user's.
  }
  return new CliError(
    'QDR-C005',
    `Quadrant runs already on ${data} (process ${pid})${address ? `: ${address}` : ''}`,
    { fix: `open that address, or end it with: kill ${pid}` },
  )
}
