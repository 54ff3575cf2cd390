import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CaptureRules } from '../request-source.ts'
import { checkSamplingRules } from './check-sampling.ts'
import { RequestSampler, type SampledRequest } from './request-sampler.ts'
import type { RequestProtocolName, SamplingRule } from './sampling-rule.ts'
import { samplingScope } from './sampling-scope.ts'
import { SamplingWindows } from './sampling-windows.ts'
import { SCOPE_ELSEWHERE } from './table-layout.ts'

const ALL = ['http1', 'http2', 'grpc'] as const

const GET: SampledRequest = {
  protocol: 'http2',
  path: '/orders/7?page=2',
  authority: 'shop.example',
  fields: [
    [':method', 'GET'],
    ['x-trace-sampling', 'High'],
    ['x-empty', ''],
    ['X-Two', 'a'],
    ['x-two', 'b'],
  ],
  scope: 0,
  atNs: 5e9,
}

function samplerOf(
  rules: readonly SamplingRule[],
  options: Omit<CaptureRules, 'rules'> & { readonly random?: () => number } = {},
): RequestSampler {
  const checked = checkSamplingRules(rules)
  assert.deepEqual(
    checked.diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  )
  const { random, ...others } = options
  const sampler = new RequestSampler({ protocols: ALL, ...(random && { random }) })
  sampler.set({ rules: checked.value, ...others }, 7)
  return sampler
}

test('a rule takes a request that meets all that it says', () => {
  const check = (rule: Omit<SamplingRule, 'id'>, isTaken: boolean, request: Partial<SampledRequest> = {}) => {
    const place = samplerOf([{ id: 'rule', ...rule }]).choose({ ...GET, ...request })
    assert.equal(place, isTaken ? 0 : undefined, JSON.stringify([rule, request]))
  }
  check({}, true)
  check({ header: 'X-Trace-Sampling' }, true)
  check({ header: 'x-trace-sampling', value: 'HIGH' }, true)
  check({ header: 'x-trace-sampling', value: 'higher' }, false)
  check({ header: 'x-trace-sampling', value: 'hig' }, false)
  check({ header: 'x-trace' }, false)
  check({ header: 'x-trace-sampling', value: 'high' }, true, {
    fields: [['X-TRACE-SAMPLING', ' \thigh ']],
  })
  check({ header: 'x-empty', value: '' }, true)
  check({ header: 'x-trace-sampling', value: '' }, false)
  for (const value of ['a', 'b']) check({ header: 'x-two', value }, true)
  check({ header: 'host', value: 'Shop.example' }, true)
  check({ header: 'host' }, false, { authority: undefined })
  check({ header: 'host', value: 'b' }, true, { authority: 'a', fields: [['host', 'b']] })

  check({ route: '/orders/{id}' }, true)
  check({ route: '/orders/{id}' }, true, { path: '/ord%65rs/7' })
  check({ route: '/orders/{id}' }, true, { path: 'http://shop/orders/7' })
  check({ route: '/order' }, true)
  check({ route: '/orders/9*' }, false)
  check({ route: '/*' }, false, { path: undefined })

  for (const protocol of ALL) {
    check({ protocol: 'http2' }, protocol === 'http2', { protocol })
    check({}, true, { protocol })
  }
  // Of which nobody knows whether it is gRPC.
  check({}, true, { protocol: undefined })
  for (const protocol of ALL) check({ protocol }, false, { protocol: undefined })

  check({ service: 'a*' }, false)
  const rules = [{ id: 'rule', service: 'a*' }]
  check({ service: 'a*' }, true, { scope: samplingScope(rules, 'ab') })
  check({ service: 'a*' }, false, { scope: samplingScope(rules, 'ba') })
  check({}, false, { scope: SCOPE_ELSEWHERE })
})

test('the first rule that matches is the one, also where its rate says no', () => {
  const rules: SamplingRule[] = [
    { id: 'grpc', protocol: 'grpc' },
    { id: 'rare', header: 'x-two', rate: { perThousand: 1 } },
    { id: 'all', header: 'x-empty' },
  ]
  const chosen = (random: number, request: Partial<SampledRequest> = {}) =>
    samplerOf(rules, { random: () => random }).choose({ ...GET, ...request })
  assert.equal(chosen(0.5), undefined)
  assert.equal(chosen(0.0009), 1)
  assert.equal(chosen(0.0011), undefined)
  assert.equal(chosen(0.5, { protocol: 'grpc' }), 0)
  assert.equal(chosen(0.999_999_999, { fields: [['x-empty', '1']] }), 2)
})

test('one of so many is taken', () => {
  let seed = 1
  const random = () => (seed = (seed * 48_271) % 0x7fff_ffff) / 0x7fff_ffff
  for (const perThousand of [1, 20, 500, 1000]) {
    const sampler = samplerOf([{ id: 'rule', rate: { perThousand } }], {
      random,
      capturesPerSecondMax: 1_000_000,
    })
    const count = 200_000
    let taken = 0
    for (let i = 0; i < count; i++) if (sampler.choose(GET) === 0) taken++
    const expected = (count * perThousand) / 1000
    assert.ok(Math.abs(taken - expected) <= 5 * Math.sqrt(expected), `${taken} of ${expected}`)
    assert.equal(sampler.takenCount, taken)
    if (perThousand === 1000) assert.equal(taken, count)
  }
})

test('the first ones of a second, and no more than the caps allow, which is counted', () => {
  const sampler = samplerOf(
    [
      { id: 'first', header: 'x-two', rate: { perSecond: 2 } },
      { id: 'capped', header: 'x-empty', capturesPerSecondMax: 3 },
      { id: 'rest' },
      { id: 'route', route: '/never/{id}', rate: { perSecond: 1 } },
    ],
    { capturesPerSecondMax: 6 },
  )
  const ask = (count: number, name: string, atNs: number) => {
    let taken = 0
    const fields = [[name, '']] as const
    for (let i = 0; i < count; i++) if (sampler.choose({ ...GET, fields, atNs }) !== undefined) taken++
    return taken
  }
  assert.equal(ask(5, 'x-two', 5e9), 2)
  // What a rate leaves out is not lost.
  assert.equal(sampler.cappedCount, 0)
  assert.equal(ask(5, 'x-empty', 5.5e9), 3)
  assert.equal(sampler.cappedCount, 2)
  assert.equal(ask(5, 'x', 5.9e9), 1)
  assert.equal(sampler.cappedCount, 6)
  // Of a second that is over.
  assert.equal(ask(1, 'x-empty', 4e9), 0)
  assert.equal(ask(5, 'x-two', 6e9), 2)
  assert.equal(ask(9, 'x-empty', 6.6e9), 3)
  assert.equal(ask(9, 'x', 6.9e9), 1)
  assert.equal(sampler.takenCount + sampler.cappedCount, 2 + 5 + 5 + 1 + 2 + 9 + 9)
})

test('who shares windows shares caps, and a change of rules leaves what all of them took', () => {
  const windows = new SamplingWindows()
  const [one, other] = [0, 0].map(() => new RequestSampler({ protocols: ALL, windows }))
  const rules = checkSamplingRules([{ id: 'rule', header: 'x-two', capturesPerSecondMax: 3 }]).value
  for (const sampler of [one!, other!]) sampler.set({ rules, capturesPerSecondMax: 5 }, 1)
  const taken = (sampler: RequestSampler) => [1, 2].map(() => sampler.choose(GET))
  assert.deepEqual(
    [taken(one!), taken(other!)],
    [
      [0, 0],
      [0, undefined],
    ],
  )
  windows.forgetRules()
  assert.deepEqual(
    [taken(one!), taken(other!)],
    [
      [0, 0],
      [undefined, undefined],
    ],
  )
})

test('somebody has to look only while a rule may be for what is read', () => {
  const check = (
    rules: readonly SamplingRule[],
    expected: boolean,
    { scope = 0, protocols }: { scope?: number; protocols?: readonly RequestProtocolName[] } = {},
  ) => {
    const sampler = new RequestSampler({ protocols: ['http2', 'grpc'] })
    sampler.set({ rules, protocols }, 1)
    assert.equal(sampler.mayAsk(scope), expected, JSON.stringify([rules, scope, protocols]))
  }
  assert.equal(new RequestSampler({ protocols: ALL }).mayAsk(0), false)
  check([], false)
  check([{ id: 'a' }], true)
  check([{ id: 'a' }], false, { scope: SCOPE_ELSEWHERE })
  check([{ id: 'a', protocol: 'http1' }], false)
  check([{ id: 'a' }], false, { protocols: ['http1'] })
  check([{ id: 'a', protocol: 'grpc' }], false, { protocols: ['http1', 'http2'] })
  check(
    [
      { id: 'a', protocol: 'http1' },
      { id: 'b', protocol: 'grpc' },
    ],
    true,
  )
  const services = [
    { id: 'a', service: 'a', protocol: 'http1' },
    { id: 'b', service: 'b' },
  ] as const
  check(services, false)
  check(services, false, { scope: 0b01 })
  check(services, true, { scope: 0b10 })
})

test('whatever is asked, no more is taken than the caps of each second allow', () => {
  const rule = fc.record(
    {
      header: fc.constantFrom('x-a', 'x-b'),
      rate: fc.oneof(
        fc.record({ perSecond: fc.integer({ min: 1, max: 5 }) }),
        fc.record({ perThousand: fc.integer({ min: 1, max: 1000 }) }),
      ),
      capturesPerSecondMax: fc.integer({ min: 1, max: 5 }),
    },
    { requiredKeys: [] },
  )
  const request = fc.record({
    name: fc.constantFrom('x-a', 'x-b', 'x-c'),
    stepNs: fc.integer({ min: 0, max: 3e8 }),
  })
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 4 }),
      fc.integer({ min: 1, max: 8 }),
      fc.array(request, { maxLength: 120 }),
      (rules, capturesPerSecondMax, requests) => {
        const { value } = checkSamplingRules(rules.map((each, i) => ({ id: `r${i}`, ...each })))
        const sampler = new RequestSampler({ protocols: ALL })
        sampler.set({ rules: value, capturesPerSecondMax }, 1)
        const times: number[] = []
        let atNs = 1e9
        for (const { name, stepNs } of requests) {
          atNs += stepNs
          const place = sampler.choose({ ...GET, fields: [[name, '1']], atNs })
          if (place === undefined) continue
          assert.ok((value[place]!.header ?? name) === name)
          times.push(atNs)
        }
        // Windows lie end to end: two of them reach into any second.
        for (const from of times) {
          const within = times.filter((time) => time >= from && time < from + 1e9).length
          assert.ok(within <= 2 * capturesPerSecondMax)
        }
        assert.equal(sampler.takenCount, times.length)
      },
    ),
    { seed: 9, numRuns: 200 },
  )
})
