import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileEnvoy } from '@quadrant/govern/envoy'
import { decide, RateLimiter } from '@quadrant/govern/evaluator'
import { PolicyWorkspace } from '@quadrant/govern/policy'
import { NEEDS_ENVOY } from '../filters/envoy.ts'
import { freePort } from '../free-port.ts'
import { ask, Callers, difference, echoBackends, evaluated, kindOf } from './compared-decision.ts'
import { randomCase } from './random-policies.ts'
import { servedResources, XdsEnvoy } from './xds-envoy.ts'

const IS_FULL = process.env['QUADRANT_E2E'] === 'full'
const CASE_COUNT = IS_FULL ? 80 : 10
const REQUESTS = 40

test(
  `Envoy decides as the evaluator does: ${CASE_COUNT * REQUESTS} pairs`,
  { ...NEEDS_ENVOY, timeout: 600_000 },
  async (t) => {
    const ports = await echoBackends(t)
    await using envoy = await XdsEnvoy.start()
    let pairCount = 0
    let caseCount = 0
    let refusedCount = 0
    const outcomes = new Map<string, number>()
    for (let seed = 1; caseCount < CASE_COUNT; seed++) {
      const port = await freePort()
      const { documents: made, requests } = randomCase(seed, { requestCount: REQUESTS })
      const documents = made.replaceAll('"port":80,', `"port":${port},`)
      const workspace = new PolicyWorkspace()
      workspace.setFile('case.yaml', documents)
      if (workspace.findings().some(({ severity }) => severity === 'error')) continue
      const [ir] = workspace.ir().gateways
      const { value } = compileEnvoy(ir!, { address: '127.0.0.1' })
      // What Envoy cannot do is said, and not done.
      if (value === undefined) {
        refusedCount++
        continue
      }
      caseCount++
      const answers = await envoy.serve(servedResources(value, (cluster) => ports.get(cluster)!))
      assert.equal(answers.rejectedCount, 0, `seed ${seed}: ${envoy.rejections()}\n${documents}`)
      await envoy.listening(port)
      assert.equal(envoy.rejections(), '', `seed ${seed}\n${documents}`)
      const limiter = new RateLimiter()
      using callers = new Callers()
      for (const request of requests) {
        const { answer, source } = await ask(port, request, callers.of(request.source))
        const decision = decide(ir!, port, evaluated(request, source, port), { limiter, nowMs: 0 })
        const problem = difference(decision, answer, undefined)
        outcomes.set(kindOf(decision), (outcomes.get(kindOf(decision)) ?? 0) + 1)
        assert.equal(
          problem,
          undefined,
          `seed ${seed}: ${JSON.stringify({ request, decision, answer }, undefined, 1)}\n${documents}`,
        )
        pairCount++
      }
    }
    t.diagnostic(
      `${pairCount} pairs of ${caseCount} sets of policies (${refusedCount} more are none for Envoy): ${JSON.stringify(Object.fromEntries(outcomes))}`,
    )
  },
)
