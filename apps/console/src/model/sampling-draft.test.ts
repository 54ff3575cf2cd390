import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { RequestProtocol, SamplingRuleSchema } from '@quadrant/proto'
import {
  addDraft,
  ASKED_FOR,
  draftOf,
  isAskedFor,
  ruleIndex,
  ruleOf,
  switchAskedFor,
  type RuleInit,
} from './sampling-draft.ts'

const rule = (init: Parameters<typeof create<typeof SamplingRuleSchema>>[1]): RuleInit =>
  create(SamplingRuleSchema, init)

test('a rule comes back from its draft as it was', () => {
  for (const each of [
    rule({ id: 'a' }),
    rule({ id: 'b', header: 'X-Trace-Sampling', value: 'high', capturesPerSecondMax: 50 }),
    rule({
      id: 'c',
      service: 'shop-*',
      route: '/users/{id}',
      protocol: RequestProtocol.GRPC,
      rate: { case: 'perThousand', value: 0.5 },
    }),
    rule({ id: 'd', rate: { case: 'perSecond', value: 7 } }),
  ]) {
    const { value, diagnostics } = ruleOf(draftOf(each))
    assert.deepEqual(diagnostics, [])
    assert.deepEqual(create(SamplingRuleSchema, value), create(SamplingRuleSchema, each))
  }
})

test('numbers that are none are told at their field', () => {
  const fields = (change: Partial<typeof ASKED_FOR>) =>
    ruleOf({ ...ASKED_FOR, ...change }).diagnostics.map(({ field }) => field)
  for (const cap of ['-1', '1.5', 'ten', '99999999999', '1e3'])
    assert.deepEqual(fields({ cap }), ['cap'], cap)
  assert.deepEqual(fields({ cap: ' ' }), [])
  for (const rateText of ['', '0', '-2', '1001', 'Infinity', 'x'])
    assert.deepEqual(fields({ rate: 'perThousand', rateText }), ['rateText'], rateText)
  for (const rateText of ['', '0', '1.5'])
    assert.deepEqual(fields({ rate: 'perSecond', rateText }), ['rateText'], rateText)
  // What the rate was before it was all of them says nothing.
  assert.deepEqual(fields({ rate: 'all', rateText: 'x' }), [])
})

test('the switch finds its rule by what it matches, and puts it before all others', () => {
  const others = [rule({ id: 'asked-for', header: 'x-a' }), rule({ id: 'slow', service: 'shop' })]
  const on = switchAskedFor(others, true)
  assert.deepEqual(
    on.map(({ id }) => id),
    ['asked-for-2', 'asked-for', 'slow'],
  )
  assert.ok(isAskedFor(on[0]!))
  assert.equal(on[0]!.capturesPerSecondMax, 50)
  assert.deepEqual(switchAskedFor(on, false), others)
  const foreign = rule({ id: 'mine', header: 'x-TRACE-sampling', value: 'HIGH', capturesPerSecondMax: 5 })
  assert.deepEqual(switchAskedFor([others[1]!, foreign], true), [foreign, others[1]])
  for (const narrower of [
    { service: 'a' },
    { route: '/a' },
    { value: 'low' },
    { protocol: RequestProtocol.GRPC },
  ])
    assert.equal(isAskedFor({ ...foreign, ...narrower }), false)
  assert.equal(isAskedFor({ ...foreign, rate: { case: 'perSecond', value: 1 } }), false)
})

test('a new rule has a name that none has', () => {
  const drafts = [ASKED_FOR, { ...ASKED_FOR, id: 'rule-3' }]
  assert.equal(addDraft(drafts).at(-1)!.id, 'rule-4')
  assert.equal(addDraft([]).at(-1)!.id, 'rule-1')
})

test('a problem names its rule', () => {
  assert.equal(ruleIndex('rules[2].header'), 2)
  assert.equal(ruleIndex('captures_per_second_max'), undefined)
})
