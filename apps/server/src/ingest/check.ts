import type { EdgeDelta, Endpoint, Hello, HostName, Process } from '@quadrant/proto'
import { ROLLUP_COLUMNS } from '../store/rollup.ts'
import type { CheckedBatch, FlowSummary } from '../store/store.ts'
import { FlowColumnsError, decodeFlowColumns } from '../flow/columns.ts'
import { checkRequests } from './check-requests.ts'
import { checkRuntime } from './check-runtime.ts'
import { clean } from './clean.ts'
import {
  AHEAD_SECONDS_MAX,
  atMost,
  counter,
  nsTime,
  processKey,
  refusalOf,
  Refused,
  text,
  TEXT_MAX,
  type Refusal,
} from './refusal.ts'
import type { WireBatch } from './wire.ts'

/** Limits of one frame. A frame has 4 MiB at most; these bound what becomes of it. */
const LIMITS = {
  processes: 20_000,
  endpoints: 100_000,
  edges: 50_000,
  processKeys: 100_000,
  addresses: 100_000,
  drops: 256,
  stages: 256,
  hostNames: 20_000,
} as const
/** What is kept of a command line. */
const ARGV_MAX = 64
const ARGV_LENGTH_MAX = 4096
/** Of one name (CNAME). */
const ALIASES_MAX = 16
/** RFC 2181, 8. */
const TTL_MAX = 2 ** 31
/** A window is a second; an agent that was stopped may tell a longer one. */
const WINDOW_SECONDS_MAX = 3600

const TCP = 6
const UDP = 17
const FLOW_EVENT_MAX = 10

/** Checks the first message of a session, all but what it says of its host: that is `checkCapabilities`. */
export function checkHello(hello: Hello): Refusal | undefined {
  return refusalOf(() => {
    text('agent_id', hello.agentId, TEXT_MAX.name)
    text('host', hello.host, TEXT_MAX.name)
    if (hello.host.includes('/')) throw new Refused('text', 'host has a slash')
    text('boot_id', hello.bootId, TEXT_MAX.name, true)
    text('version', hello.version, TEXT_MAX.label, true)
    if (!(Number.isSafeInteger(hello.firstSeq) && hello.firstSeq >= 0))
      throw new Refused('sequence', `first_seq is ${hello.firstSeq}`)
  }).refusal
}

/** Checks everything in a batch that its later use relies on. */
export function checkBatch(batch: WireBatch, nowNs: number): { batch?: CheckedBatch; refusal?: Refusal } {
  const { value, refusal } = refusalOf(() => check(batch, nowNs))
  return value ? { batch: value } : { refusal }
}

function check(batch: WireBatch, nowNs: number): CheckedBatch {
  const { startNs, endNs } = batch
  if (
    !(
      Number.isFinite(startNs) &&
      startNs > 0 &&
      endNs >= startNs &&
      endNs - startNs <= WINDOW_SECONDS_MAX * 1e9
    )
  )
    throw new Refused('time', `the window is ${startNs} to ${endNs}`)
  if (endNs > nowNs + AHEAD_SECONDS_MAX * 1e9)
    throw new Refused('time', `the window ends ${Math.round((endNs - nowNs) / 1e9)} s in the future`)
  for (const name of [
    'processes',
    'endpoints',
    'edges',
    'processKeys',
    'addresses',
    'drops',
    'stages',
    'hostNames',
  ] as const)
    atMost(name, batch[name].length, LIMITS[name])
  const processes = batch.processes.map((process, i) => checkProcess(i, process))
  for (const [i, endpoint] of batch.endpoints.entries()) checkEndpoint(i, endpoint)
  for (const [i, edge] of batch.edges.entries()) checkEdge(i, edge, batch.endpoints.length)
  for (const [i, key] of batch.processKeys.entries()) processKey(`process_keys[${i}]`, key)
  for (const [i, address] of batch.addresses.entries()) addressLength(`addresses[${i}]`, address)
  for (const [i, { stage, reason, count }] of batch.drops.entries()) {
    text(`drops[${i}].stage`, stage, TEXT_MAX.label)
    text(`drops[${i}].reason`, reason, TEXT_MAX.label)
    counter(`drops[${i}].count`, count)
  }
  for (const [i, { stage, seen, kept }] of batch.stages.entries()) {
    text(`stages[${i}].stage`, stage, TEXT_MAX.label)
    counter(`stages[${i}].seen`, seen)
    counter(`stages[${i}].kept`, kept)
  }
  return {
    ...batch,
    processes,
    flowSummary: checkFlows(batch),
    hostNames: batch.hostNames.map((name, i) => checkHostName(i, name, nowNs)),
    runtime: batch.runtime && checkRuntime(batch.runtime, nowNs),
    requests:
      batch.requests &&
      checkRequests(batch.requests, {
        endpoints: batch.endpoints.length,
        processKeys: batch.processKeys.length,
        nowNs,
      }),
  }
}

/**
 * Names that a program chose for itself are made harmless, not refused: one process with a control character in its
 * name must not cost the others their second.
 */
function checkProcess(i: number, process: Process): Process {
  const at = `processes[${i}]`
  processKey(`${at}.key`, process.key)
  if (process.pid !== Number(process.key.slice(0, process.key.indexOf('@'))))
    throw new Refused('text', `${at}.key is ${process.key} but pid is ${process.pid}`)
  counter(`${at}.start_ns`, process.startNs, Number.MAX_VALUE)
  counter(`${at}.end_ns`, process.endNs, Number.MAX_VALUE)
  return {
    ...process,
    comm: clean(process.comm, TEXT_MAX.name),
    exe: clean(process.exe, TEXT_MAX.path),
    argv: clipArgv(process.argv),
    cgroup: clean(process.cgroup, TEXT_MAX.path),
    containerId: clean(process.containerId, TEXT_MAX.name),
    systemdUnit: clean(process.systemdUnit, TEXT_MAX.name),
    service: clean(process.service, TEXT_MAX.name) || `pid-${process.pid}`,
    serviceSource: clean(process.serviceSource, TEXT_MAX.label),
  }
}

/** What a name server sent is made harmless too; a name that is none is not the agent's to tell. */
function checkHostName(i: number, told: HostName, nowNs: number): HostName {
  const at = `host_names[${i}]`
  addressLength(`${at}.address`, told.address)
  if (told.name === '') throw new Refused('text', `${at}.name is empty`)
  nsTime(`${at}.time_ns`, told.timeNs, nowNs)
  counter(`${at}.ttl_s`, told.ttlS, TTL_MAX)
  atMost(`${at}.aliases`, told.aliases.length, ALIASES_MAX)
  return {
    ...told,
    name: clean(told.name, TEXT_MAX.name),
    aliases: told.aliases.map((alias) => clean(alias, TEXT_MAX.name)),
  }
}

function clipArgv(argv: readonly string[]): string[] {
  const kept: string[] = []
  let length = 0
  for (const argument of argv) {
    if (kept.length === ARGV_MAX || length + argument.length > ARGV_LENGTH_MAX) return [...kept, '…']
    kept.push(clean(argument, ARGV_LENGTH_MAX))
    length += argument.length
  }
  return kept
}

function checkEndpoint(i: number, { kind }: Endpoint): void {
  const at = `endpoints[${i}]`
  if (kind.case === 'processKey') processKey(at, kind.value)
  else if (kind.case === 'address') addressLength(at, kind.value)
  else if (kind.case === 'other') text(at, kind.value, TEXT_MAX.label)
  else throw new Refused('index', `${at} is neither process, address nor other`)
}

function checkEdge(i: number, edge: EdgeDelta, endpoints: number): void {
  const at = `edges[${i}]`
  if (edge.client >= endpoints || edge.server >= endpoints)
    throw new Refused('index', `${at} names endpoint ${Math.max(edge.client, edge.server)} of ${endpoints}`)
  if (edge.protocol !== TCP && edge.protocol !== UDP)
    throw new Refused('index', `${at} has protocol ${String(edge.protocol)}`)
  if (edge.serverPort > 65_535) throw new Refused('index', `${at} has port ${edge.serverPort}`)
  for (const { field, column } of ROLLUP_COLUMNS) {
    const value = edge[field]
    if (typeof value !== 'boolean') counter(`${at}.${column}`, value)
  }
  if (!Number.isInteger(edge.active)) throw new Refused('counter', `${at}.active is ${edge.active}`)
}

function checkFlows(batch: WireBatch): FlowSummary {
  const summary = { count: 0, joinedServerCount: 0, offsetUsMin: 0, offsetUsMax: 0 }
  if (batch.flows.length === 0) return summary
  let table
  try {
    table = decodeFlowColumns(batch.flows)
  } catch (error) {
    if (error instanceof FlowColumnsError) throw new Refused('flows', `flows: ${error.message}`)
    throw error
  }
  const { count } = table
  const within = (name: keyof typeof table, limit: number) => {
    const column = table[name] as Uint32Array
    for (let i = 0; i < count; i++)
      if (column[i]! > limit)
        throw new Refused('flows', `flows.${name}[${i}] is ${column[i]}, at most ${limit} is known`)
  }
  within('event', FLOW_EVENT_MAX)
  within('protocol', UDP)
  within('role', 2)
  within('localAddress', batch.addresses.length - 1)
  within('remoteAddress', batch.addresses.length - 1)
  within('localPort', 65_535)
  within('remotePort', 65_535)
  within('process', batch.processKeys.length)
  within('peerProcess', batch.processKeys.length)
  for (const name of ['cookie', 'bytesSent', 'bytesReceived', 'durationUs'] as const) {
    const column = table[name]
    for (let i = 0; i < count; i++) {
      const value = column[i]!
      if (!(value >= 0 && value < Infinity)) throw new Refused('flows', `flows.${name}[${i}] is ${value}`)
    }
  }
  summary.count = count
  summary.offsetUsMin = summary.offsetUsMax = table.offsetUs[0] ?? 0
  for (let i = 0; i < count; i++) {
    const offset = table.offsetUs[i]!
    if (offset < summary.offsetUsMin) summary.offsetUsMin = offset
    if (offset > summary.offsetUsMax) summary.offsetUsMax = offset
    if (table.role[i] === 2 && (table.flags[i]! & 1) !== 0) summary.joinedServerCount++
  }
  return summary
}

function addressLength(name: string, address: Uint8Array): void {
  if (address.length !== 4 && address.length !== 16)
    throw new Refused('address', `${name} has ${address.length} bytes, not 4 or 16`)
}
