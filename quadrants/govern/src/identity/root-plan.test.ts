import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planRoots, type RootTimes } from './root-plan.ts'

const OPTIONS = { propagationMs: 10, svidLifetimeMs: 20 }
const root = (beginsMs: number, endsMs: number): RootTimes => ({ beginsMs, endsMs })

test('the first signs at once: nobody has known another', () => {
  assert.deepEqual(planRoots([], { ...OPTIONS, nowMs: 0 }), {
    signing: undefined,
    trusted: [],
    isNextDue: true,
    nextMs: Infinity,
  })
  const plan = planRoots([root(0, 1000)], { ...OPTIONS, nowMs: 0 })
  assert.deepEqual([plan.signing, plan.trusted, plan.isNextDue], [0, [0], false])
})

test('over many lives nobody meets a certificate of a root that it does not know, or that is over', () => {
  const roots: RootTimes[] = []
  /** Who verifies has what was trusted `propagationMs` ago, at the latest. */
  const trustedAt: (readonly RootTimes[])[] = []
  const signed: { readonly by: RootTimes; readonly endsMs: number }[] = []
  let nextMs = 0
  for (let nowMs = 0; nowMs < 5000; nowMs++) {
    // Nothing changes between the times that the plan names.
    let plan = planRoots(roots, { ...OPTIONS, nowMs })
    if (plan.isNextDue) {
      assert.ok(nowMs >= nextMs, `at ${nowMs} before ${nextMs}`)
      roots.push(root(nowMs, nowMs + 200))
      plan = planRoots(roots, { ...OPTIONS, nowMs })
      assert.equal(plan.isNextDue, false)
    }
    nextMs = plan.nextMs
    assert.ok(nextMs > nowMs)
    trustedAt.push(plan.trusted.map((index) => roots[index]!))
    const by = roots[plan.signing!]!
    signed.push({ by, endsMs: Math.min(nowMs + OPTIONS.svidLifetimeMs, by.endsMs) })
    const known = trustedAt[Math.max(0, nowMs - OPTIONS.propagationMs)]!
    for (const { by: signer, endsMs } of signed.slice(-OPTIONS.svidLifetimeMs))
      if (endsMs > nowMs) assert.ok(known.includes(signer), `at ${nowMs}`)
    assert.ok(by.endsMs - nowMs >= OPTIONS.svidLifetimeMs, 'no life is cut short')
    assert.ok(plan.trusted.length <= 3)
  }
  assert.ok(roots.length > 40)
})
