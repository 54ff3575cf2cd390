import { Agent, createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { Decision, EvaluatedRequest } from '@quadrant/govern/evaluator'
import type { CaseRequest } from './random-policies.ts'

/** What an upstream saw. */
export interface Seen {
  readonly name: string
  readonly target: string
  readonly host: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly seen: Seen | undefined
}

const BACKENDS = ['cart', 'next', 'third'] as const

/** Upstreams that say what they saw: ports by the names of clusters. */
export async function echoBackends(t: Pick<TestContext, 'after'>): Promise<ReadonlyMap<string, number>> {
  const ports = new Map<string, number>()
  for (const name of BACKENDS) {
    const server = createServer((request, response) => {
      const headers: Record<string, string> = {}
      for (const [field, value] of Object.entries(request.headers)) headers[field] = String(value)
      const seen: Seen = { name, target: request.url!, host: request.headers.host!, headers }
      request.resume().on('end', () => response.end(JSON.stringify(seen)))
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    t.after(() => {
      server.close()
      server.closeAllConnections()
    })
    ports.set(`shop/${name}/8080`, (server.address() as AddressInfo).port)
  }
  return ports
}

/** A connection for each address that requests come from. */
export class Callers implements Disposable {
  readonly #agents = new Map<string, Agent>()

  of(source: string): Agent {
    return this.#agents.getOrInsertComputed(
      source,
      () => new Agent({ keepAlive: true, maxSockets: 1, localAddress: source }),
    )
  }

  [Symbol.dispose](): void {
    for (const agent of this.#agents.values()) agent.destroy()
  }
}

export function kindOf({ outcome }: Decision): string {
  return outcome.kind === 'respond' ? outcome.by : outcome.kind
}

export function evaluated(
  request: CaseRequest,
  source: { address: string; port: number },
  port: number,
): EvaluatedRequest {
  return {
    scheme: 'http',
    method: request.method,
    authority: request.host,
    target: request.target,
    headers: Object.entries(request.headers),
    source,
    destination: { address: '127.0.0.1', port },
  }
}

export async function ask(
  port: number,
  { method, host, target, headers }: CaseRequest,
  agent: Agent,
): Promise<{ answer: Answer; source: { address: string; port: number } }> {
  return await new Promise((resolve, reject) => {
    const sent = httpRequest({
      port,
      host: '127.0.0.1',
      method,
      path: target,
      headers: { host, ...headers },
      agent,
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      let body = ''
      const { localAddress, localPort } = response.socket
      response.setEncoding('utf8').on('data', (part: string) => (body += part))
      response.on('end', () =>
        resolve({
          answer: {
            status: response.statusCode!,
            location: response.headers.location,
            seen: body.startsWith('{"name"') ? (JSON.parse(body) as Seen) : undefined,
          },
          source: { address: localAddress!, port: localPort! },
        }),
      )
    })
    sent.end()
  })
}

const DETAILS: Readonly<Record<string, (said: string) => string>> = {
  route: () => 'route_not_found',
  cors: () => 'cors_preflight',
  authorization: (said) => `rbac_access_denied_matched_policy[${said.replace('deny ', '')}]`,
  limits: () => 'local_rate_limited',
  fault: () => 'fault_filter_abort',
  backend: () => 'direct_response',
}

/** @param details what the proxy says of its own answer; undefined: it is not compared */
export function difference(
  { outcome, steps }: Decision,
  answer: Answer,
  details: string | undefined,
): string | undefined {
  switch (outcome.kind) {
    case 'respond': {
      const said = steps.findLast(({ what }) => what === outcome.by)?.said ?? ''
      if (answer.seen) return 'it was forwarded'
      if (answer.status !== outcome.status) return `status ${answer.status}, not ${outcome.status}`
      const wanted = DETAILS[outcome.by]!(said)
      return details === undefined || details === wanted ? undefined : `${details}, not ${wanted}`
    }
    case 'redirect':
      return answer.status === outcome.status && sameAddress(answer.location, outcome.location)
        ? undefined
        : `${answer.status} to ${answer.location}`
    case 'forward': {
      const { seen } = answer
      if (!seen) return 'it was not forwarded'
      if (!outcome.clusters.some(({ cluster }) => cluster === `shop/${seen.name}/8080`))
        return `to ${seen.name}`
      if (seen.target !== outcome.target) return `as ${seen.target}`
      if (seen.host !== outcome.authority) return `to host ${seen.host}`
      const wanted = new Map<string, string>()
      for (const [name, value] of outcome.headers)
        wanted.set(name, wanted.has(name) ? `${wanted.get(name)}, ${value}` : value)
      for (const name of ['x-a', 'x-b', 'x-tenant', 'x-set'])
        if (seen.headers[name] !== wanted.get(name)) return `with ${name}: ${seen.headers[name]}`
      return undefined
    }
  }
}

/** A port that goes without saying may be said. */
function sameAddress(actual: string | undefined, wanted: string): boolean {
  return actual !== undefined && URL.parse(actual)?.href === URL.parse(wanted)?.href
}
