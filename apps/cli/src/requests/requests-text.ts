import { formatCount } from '@quadrant/core'
import {
  requestProtocolName,
  type GetRequestInstructionResponse,
  type RequestHost,
  type RequestInstruction,
  type RouteRule,
  type SamplingRule,
} from '@quadrant/proto'
import type { Colour, Paint } from '../output/paint.ts'
import { printable } from '../output/printable.ts'
import { table, type Column } from '../output/table.ts'
import { formatAgo } from '../output/time.ts'
import { instructionOf } from './edit.ts'
import { hostState, type HostState } from './settled.ts'

export interface RequestsTextOptions {
  readonly nowMs: number
  readonly paint: Paint
  /** Columns of the terminal; undefined: nothing is cut. */
  readonly columns: number | undefined
}

/** As the agents have it (RequestInstruction). */
const CAPTURES_PER_SECOND_DEFAULT = 100
const ROUTES_PER_SERVICE_DEFAULT = 200

const STATE_COLOURS: Readonly<Record<HostState, Colour | undefined>> = {
  follows: 'green',
  'not yet': 'yellow',
  off: undefined,
  'not observed': 'red',
  'not connected': 'red',
}

/** What is asked for, the sampling rules in their order, and what each host makes of it. */
export function requestsText(
  { requests, hosts }: GetRequestInstructionResponse,
  options: RequestsTextOptions,
): string {
  const asked = instructionOf(requests)
  const blocks = [settings(asked, requests === undefined, options.paint)]
  blocks.push(
    asked.samplingRules.length === 0
      ? 'no sampling rule: no request is captured in full\n'
      : table(RULE_COLUMNS, asked.samplingRules, options),
  )
  if (asked.routeRules.length > 0) blocks.push(table(ROUTE_COLUMNS, asked.routeRules, options))
  blocks.push(
    hosts.length === 0
      ? 'no agent has ever connected: it is told when it comes\n'
      : table(hostColumns(asked, options.nowMs), hosts, options),
  )
  const problems = hosts.flatMap(({ host, problems: found }) => found.map((one) => `${host}: ${one}`))
  if (problems.length > 0)
    blocks.push(problems.map((one) => `${options.paint('yellow', `! ${printable(one)}`)}\n`).join(''))
  return blocks.join('\n')
}

function settings(asked: RequestInstruction, isUnset: boolean, paint: Paint): string {
  const { services, preciseServices, protocols, redactedHeaders, redactedParameters, tlsOff } = asked
  const list = (names: readonly string[]) => names.join(', ')
  const observed = isUnset
    ? 'only where up --requests says so: nobody has asked for them here'
    : asked.off
      ? 'off'
      : services.length === 0
        ? 'of all services'
        : `of ${list(services)}`
  const cap = asked.capturesPerSecondMax || CAPTURES_PER_SECOND_DEFAULT
  const routes = asked.routesPerServiceMax || ROUTES_PER_SERVICE_DEFAULT
  const lines: (readonly [string, string])[] = [
    ['requests', observed],
    ['precise', preciseServices.length === 0 ? 'none' : list(preciseServices)],
    ['protocols', protocols.length === 0 ? 'all' : list(protocols.map((one) => requestProtocolName(one)))],
    ['cap', `${cap} captures a second of a host`],
    ['routes', `${routes} of a service told apart`],
    ['redacted', redacted(redactedHeaders, redactedParameters)],
    ...(tlsOff ? [['TLS', 'not read in Go programs'] as const] : []),
  ]
  const width = Math.max(...lines.map(([name]) => name.length))
  return lines.map(([name, text]) => `${paint('dim', name.padEnd(width))}  ${printable(text)}\n`).join('')
}

function redacted(headers: readonly string[], parameters: readonly string[]): string {
  const more = [
    ...(headers.length > 0 ? [`headers ${headers.join(', ')}`] : []),
    ...(parameters.length > 0 ? [`parameters ${parameters.join(', ')}`] : []),
  ]
  return more.length === 0 ? 'what always is' : `what always is, and ${more.join('; ')}`
}

const RULE_COLUMNS: readonly Column<SamplingRule>[] = [
  { title: 'RULE', cell: ({ id }) => id, min: 8 },
  { title: 'HEADER', cell: ({ header, value }) => (value === '' ? header : `${header}: ${value}`), min: 16 },
  { title: 'SERVICE', cell: ({ service }) => service || 'all', min: 8 },
  { title: 'ROUTE', cell: ({ route }) => route || 'all', min: 8 },
  { title: 'PROTO', cell: ({ protocol }) => (protocol === 0 ? 'all' : requestProtocolName(protocol)) },
  { title: 'RATE', cell: rate },
  {
    title: 'CAP',
    cell: ({ capturesPerSecondMax: cap }) => (cap === 0 ? '' : `${formatCount(cap)}/s`),
    align: 'right',
  },
]

function rate({ rate: { case: kind, value } }: SamplingRule): string {
  if (kind === 'perThousand') return `${value} of 1000`
  return kind === 'perSecond' ? `first ${value}/s` : 'each'
}

const ROUTE_COLUMNS: readonly Column<RouteRule>[] = [
  { title: 'ROUTES OF', cell: ({ service }) => service || 'all', min: 8 },
  { title: 'PATTERN', cell: ({ pattern }) => pattern, min: 16 },
]

function hostColumns(asked: RequestInstruction, nowMs: number): readonly Column<RequestHost>[] {
  const of = (cell: (report: NonNullable<RequestHost['report']>) => string) => (host: RequestHost) =>
    host.report && host.connected ? cell(host.report) : ''
  return [
    { title: 'HOST', cell: ({ host }) => host, min: 8 },
    {
      title: 'STATE',
      cell: (host) => hostState(host, asked),
      colour: (host) => STATE_COLOURS[hostState(host, asked)],
    },
    {
      title: 'GENERATION',
      cell: of(({ generation }) => (generation === 0 ? '' : String(generation))),
      align: 'right',
    },
    {
      title: 'SINCE',
      cell: of(({ effectiveNs }) => (effectiveNs === 0 ? '' : formatAgo(effectiveNs / 1e6, nowMs))),
      align: 'right',
    },
    { title: 'HEADERS', cell: of(({ headerScan }) => (headerScan ? 'searched' : 'not searched')) },
    { title: 'SERVICES', cell: of(({ services }) => formatCount(services)), align: 'right' },
    { title: 'PRECISE', cell: of(({ preciseServices }) => formatCount(preciseServices)), align: 'right' },
    { title: 'CAPTURED', cell: of(({ captures }) => formatCount(captures)), align: 'right' },
    {
      title: 'OVER CAP',
      cell: of(({ capturesCapped }) => formatCount(capturesCapped)),
      align: 'right',
      colour: ({ report }) => (report && report.capturesCapped > 0 ? 'yellow' : undefined),
    },
  ]
}
