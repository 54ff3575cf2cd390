import { DURATION_BOUNDS_MS } from './duration-histogram.ts'
import type { GatewayStats } from './gateway-stats.ts'

/** Counts that go down again. */
const GAUGES: ReadonlySet<string> = new Set([
  'connectionsActive',
  'requestsActive',
  'upgradesActive',
  'pendingActive',
  'retriesActive',
  'activeRequests',
  'endpoints',
  'endpointsHealthy',
  'endpointsEjected',
  'isHealthy',
  'isEjected',
])

/** Statistics in the text format of Prometheus (exposition format 0.0.4). */
export function prometheusText(stats: GatewayStats): string {
  const families = new Map<string, Family>()
  sample(families, 'quadrant_gateway_generation', {}, stats.generation, 'gauge')
  for (const [listener, counts] of Object.entries(stats.listeners)) {
    numbers(families, 'quadrant_gateway_listener', { listener }, counts)
    for (const [code, count] of Object.entries(counts.protocolErrorsBy))
      sample(
        families,
        'quadrant_gateway_listener_protocol_error_codes_total',
        { listener, code },
        count,
        'counter',
      )
    for (const [key, count] of Object.entries(counts.guardDecisions)) {
      const [decision = '', ...rule] = key.split(' ')
      sample(
        families,
        'quadrant_gateway_guard_decisions_total',
        { listener, decision, rule: rule.join(' ') },
        count,
        'counter',
      )
    }
    durations(families, listener, counts.durations)
  }
  for (const [cluster, counts] of Object.entries(stats.clusters)) {
    numbers(families, 'quadrant_gateway_cluster', { cluster }, counts)
    for (const [endpoint, one] of Object.entries(counts.byEndpoint))
      numbers(families, 'quadrant_gateway_endpoint', { cluster, endpoint }, one)
  }
  return [...families].map(([name, { type, lines }]) => `# TYPE ${name} ${type}\n${lines.join('')}`).join('')
}

interface Family {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly lines: string[]
}

type Labels = Readonly<Record<string, string>>

function numbers(families: Map<string, Family>, prefix: string, labels: Labels, counts: object): void {
  for (const [key, value] of Object.entries(counts)) {
    if (typeof value !== 'number' && typeof value !== 'boolean') continue
    const type = GAUGES.has(key) ? 'gauge' : 'counter'
    const snake = key.replace(/[A-Z]|\d+(?=xx)/g, (match) => `_${match.toLowerCase()}`)
    sample(families, `${prefix}_${snake}${type === 'counter' ? '_total' : ''}`, labels, Number(value), type)
  }
}

function durations(
  families: Map<string, Family>,
  listener: string,
  { counts, sumMs }: { readonly counts: readonly number[]; readonly sumMs: number },
): void {
  const name = 'quadrant_gateway_request_duration_seconds'
  const lines = familyOf(families, name, 'histogram').lines
  let count = 0
  for (const [index, one] of counts.entries()) {
    count += one
    const bound = DURATION_BOUNDS_MS[index]
    const le = bound === undefined ? '+Inf' : String(bound / 1000)
    lines.push(line(`${name}_bucket`, { listener, le }, count))
  }
  lines.push(line(`${name}_sum`, { listener }, sumMs / 1000), line(`${name}_count`, { listener }, count))
}

function sample(
  families: Map<string, Family>,
  name: string,
  labels: Labels,
  value: number,
  type: Family['type'],
): void {
  familyOf(families, name, type).lines.push(line(name, labels, value))
}

function familyOf(families: Map<string, Family>, name: string, type: Family['type']): Family {
  let family = families.get(name)
  if (family === undefined) families.set(name, (family = { type, lines: [] }))
  return family
}

function line(name: string, labels: Labels, value: number): string {
  const text = Object.entries(labels)
    .map(([key, label]) => `${key}="${label.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`)
    .join(',')
  return `${name}${text === '' ? '' : `{${text}}`} ${value}\n`
}
