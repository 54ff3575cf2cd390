import assert from 'node:assert/strict'
import { Agent, createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { checkGateway } from '@quadrant/extend/gateway'
import { decide, type Decision, type EvaluatedRequest, RateLimiter } from '@quadrant/govern/evaluator'
import { compileGateway } from '@quadrant/govern/gateway'
import { PolicyWorkspace } from '@quadrant/govern/policy'
import { openPolicyGateway } from './policy-gateway.ts'
import { type CaseRequest, randomCase } from './random-policies.ts'

const IS_FULL = process.env['QUADRANT_E2E'] === 'full'
const CASE_COUNT = IS_FULL ? 900 : 60
const REQUESTS = 60

/** What an upstream saw. */
interface Seen {
  readonly name: string
  readonly target: string
  readonly host: string
  readonly headers: Readonly<Record<string, string>>
}

interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly seen: Seen | undefined
}

test(
  `the gateway decides as the evaluator does: ${CASE_COUNT * REQUESTS} pairs`,
  { timeout: 900_000 },
  async (t) => {
    const ports = new Map<string, number>()
    for (const name of ['cart', 'next', 'third']) {
      const server = createServer((request, response) => {
        const headers: Record<string, string> = {}
        for (const [field, value] of Object.entries(request.headers)) headers[field] = String(value)
        const seen: Seen = { name, target: request.url!, host: request.headers.host!, headers }
        request.resume().on('end', () => response.end(JSON.stringify(seen)))
      }).listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      t.after(() => server.close())
      ports.set(`shop/${name}/8080`, (server.address() as AddressInfo).port)
    }
    const agents = new Map<string, Agent>()
    t.after(() => agents.forEach((agent) => agent.destroy()))
    const agentOf = (source: string) =>
      agents.getOrInsertComputed(
        source,
        () => new Agent({ keepAlive: true, maxSockets: 1, localAddress: source }),
      )

    let pairCount = 0
    let caseCount = 0
    const outcomes = new Map<string, number>()
    for (let seed = 1; caseCount < CASE_COUNT; seed++) {
      const { documents, requests } = randomCase(seed, { requestCount: REQUESTS })
      const workspace = new PolicyWorkspace()
      workspace.setFile('case.yaml', documents)
      // What does not fit together is refused, and has no meaning.
      if (workspace.findings().some(({ severity }) => severity === 'error')) continue
      const [ir] = workspace.ir().gateways
      const { value, problems } = compileGateway(ir!, {
        address: '127.0.0.1',
        endpointsOf: (cluster) => [{ address: '127.0.0.1', port: ports.get(cluster)! }],
      })
      assert.deepEqual(problems, [], documents)
      caseCount++
      const text = JSON.stringify({
        ...value!.file,
        access_logs: [{ stdout: true, text: '%RESPONSE_CODE_DETAILS%' }],
      }).replaceAll('"127.0.0.1:80"', '"127.0.0.1:0"')
      const { value: spec, diagnostics } = checkGateway(text)
      assert.ok(spec, JSON.stringify(diagnostics))
      const { port, lines, gateway } = await openPolicyGateway(spec)
      const limiter = new RateLimiter()
      try {
        for (const request of requests) {
          const { answer, source } = await ask(port, request, agentOf(request.source))
          const decision = decide(ir!, 80, evaluated(request, source, port), { limiter, nowMs: 0 })
          const details = lines.at(-1)
          const problem = difference(decision, answer, details)
          outcomes.set(kindOf(decision), (outcomes.get(kindOf(decision)) ?? 0) + 1)
          assert.equal(
            problem,
            undefined,
            `seed ${seed}: ${JSON.stringify({ request, decision, answer, details }, undefined, 1)}\n${documents}`,
          )
          pairCount++
        }
      } finally {
        gateway.close()
      }
    }
    t.diagnostic(
      `${pairCount} pairs of ${caseCount} sets of policies: ${JSON.stringify(Object.fromEntries(outcomes))}`,
    )
    for (const kind of [
      'forward',
      'redirect',
      'authorization',
      'limits',
      'fault',
      'cors',
      'route',
      'backend',
    ])
      assert.ok((outcomes.get(kind) ?? 0) > 0, `no request was decided by ${kind}`)
  },
)

function kindOf({ outcome }: Decision): string {
  return outcome.kind === 'respond' ? outcome.by : outcome.kind
}

function evaluated(
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

async function ask(
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

function difference(
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
      return details === wanted ? undefined : `${details}, not ${wanted}`
    }
    case 'redirect':
      return answer.status === outcome.status && answer.location === outcome.location
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
