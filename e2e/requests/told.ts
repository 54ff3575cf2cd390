import { call } from '../api.ts'
import { type Counts, WARM_UP } from './served.ts'

/** Of `GetRequestsResponse`, as far as these tests look at it; fields at their default are left out. */
export interface RequestsAnswer {
  readonly total?: Signals
  readonly groups?: readonly RequestGroup[]
  readonly groupsOmitted?: number
  readonly opaque?: readonly { readonly connections?: number; readonly name?: string }[]
}

export interface Signals {
  readonly requests?: number
  readonly timed?: number
  readonly p50Ns?: number
  readonly p90Ns?: number
  readonly p99Ns?: number
}

interface RequestGroup {
  readonly protocol: string
  readonly method?: string
  readonly route?: string
  readonly signals: Signals
  readonly endings?: readonly {
    readonly httpStatus?: number
    readonly grpcStatus?: number
    readonly count: number
  }[]
}

/** What the product tells of requests since a time. */
export class Told {
  readonly #data: string
  readonly #startNs: number

  /** @param sinceMs of the Unix epoch */
  constructor(data: string, sinceMs: number) {
    this.#data = data
    // Ranges are answered in whole seconds.
    this.#startNs = Math.floor(sinceMs / 1000) * 1e9
  }

  get(query: string): Promise<RequestsAnswer> {
    return call<RequestsAnswer>(this.#data, 'GetRequests', {
      range: { startNs: this.#startNs, endNs: (Date.now() + 2000) * 1e6 },
      query,
      grouping: 'REQUEST_GROUPING_ROUTE',
      limit: 1000,
    })
  }

  /** Of a server's port, as `countServed` has them. */
  async counts(port: number): Promise<Counts> {
    const { groups = [] } = await this.get(`port:${port}`)
    const counts = new Map<string, number>()
    for (const { protocol, method = '', route = '', endings = [] } of groups) {
      if (route.startsWith(WARM_UP)) continue
      for (const { httpStatus = 0, grpcStatus, count } of endings) {
        const key =
          protocol === 'REQUEST_PROTOCOL_GRPC'
            ? `${route} ${httpStatus} ${grpcStatus}`
            : `${method} ${route} ${httpStatus}`
        counts.set(key, (counts.get(key) ?? 0) + count)
      }
    }
    return counts
  }
}

/** Of `RequestReport`. */
export interface Report {
  readonly services?: number
  readonly preciseServices?: number
  readonly tlsProcesses?: number
  readonly requests?: number
  readonly generation?: number
  readonly captures?: number
  readonly capturesCapped?: number
  /** Since when the kernel follows the rules of this generation, of the Unix epoch. */
  readonly effectiveNs?: number
}

/** What the one host says of how it observes requests. */
export async function requestReport(data: string): Promise<Report> {
  const { hosts = [] } = await call<{ readonly hosts?: readonly { readonly report?: Report }[] }>(
    data,
    'GetRequestInstruction',
    {},
  )
  return hosts[0]?.report ?? {}
}

/** What the product counts as dropped at stages of these names, by stage and reason; cumulative. */
export async function dropsOf(data: string, stages: RegExp): Promise<ReadonlyMap<string, number>> {
  const { drops = [] } = await call<{
    readonly drops?: readonly { readonly stage: string; readonly reason: string; readonly count?: number }[]
  }>(data, 'GetStatus', {})
  const counts = new Map<string, number>()
  for (const { stage, reason, count = 0 } of drops)
    if (stages.test(stage) && count > 0) {
      const key = `${stage}: ${reason}`
      counts.set(key, (counts.get(key) ?? 0) + count)
    }
  return counts
}

/** What it counts as lost of requests that it did see, or that it could not read. */
export const requestDrops = (data: string) =>
  dropsOf(data, /^(kernel\.http|http2|streams|tls|tracer\.requests|server\.requests)/)
