import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkGateway } from '@quadrant/extend/gateway'
import { decide, RateLimiter } from '@quadrant/govern/evaluator'
import { compileGateway } from '@quadrant/govern/gateway'
import { PolicyWorkspace } from '@quadrant/govern/policy'
import { ask, Callers, difference, echoBackends, evaluated, kindOf } from './compared-decision.ts'
import { openPolicyGateway } from './policy-gateway.ts'
import { randomCase } from './random-policies.ts'

const IS_FULL = process.env['QUADRANT_E2E'] === 'full'
const CASE_COUNT = IS_FULL ? 900 : 60
const REQUESTS = 60

test(
  `the gateway decides as the evaluator does: ${CASE_COUNT * REQUESTS} pairs`,
  { timeout: 900_000 },
  async (t) => {
    const ports = await echoBackends(t)
    using callers = new Callers()
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
          const { answer, source } = await ask(port, request, callers.of(request.source))
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
