import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { RequestProtocol, SamplingRuleSchema } from '@quadrant/proto'
import fc from 'fast-check'
import { checkSamplingRules } from './check-sampling.ts'
import { encodeSamplingTable } from './encode-table.ts'
import { samplingRuleOf } from './rule-message.ts'
import { SamplingCode } from './sampling-diagnostic.ts'
import type { SamplingRule } from './sampling-rule.ts'
import { TABLE_BYTES } from './table-layout.ts'

const SOUND: SamplingRule = { id: 'high', header: 'X-Trace-Sampling', value: 'High' }

test('each mistake is told with its place', () => {
  const check = (rule: Partial<SamplingRule>, code: SamplingCode, place: string, severity = 'error') => {
    const { value, diagnostics } = checkSamplingRules([{ ...SOUND, ...rule }])
    assert.deepEqual(
      diagnostics.map((found) => [found.code, found.place, found.severity]),
      [[code, place, severity]],
    )
    assert.ok(diagnostics[0]!.message.startsWith(`${place} `))
    assert.equal(value.length, severity === 'error' ? 0 : 1)
  }
  const at = 'sampling_rules[0]'
  check({ id: '' }, SamplingCode.id, `${at}.id`)
  check({ id: 'a b' }, SamplingCode.id, `${at}.id`)
  check({ id: 'x'.repeat(65) }, SamplingCode.id, `${at}.id`)
  check({ header: 'x'.repeat(33) }, SamplingCode.header, `${at}.header`)
  check({ header: 'x:y' }, SamplingCode.header, `${at}.header`)
  check({ header: '' }, SamplingCode.header, `${at}.header`)
  check({ header: undefined }, SamplingCode.header, `${at}.header`)
  check({ value: 'x'.repeat(33) }, SamplingCode.value, `${at}.value`)
  check({ value: ' high' }, SamplingCode.value, `${at}.value`)
  check({ value: 'hoch\r\n' }, SamplingCode.value, `${at}.value`)
  check({ value: 'höher' }, SamplingCode.value, `${at}.value`)
  check({ header: 'Authorization' }, SamplingCode.secret, `${at}.value`)
  check({ service: '' }, SamplingCode.glob, `${at}.service`)
  check({ route: '/x\n' }, SamplingCode.glob, `${at}.route`)
  check({ route: '/'.repeat(129) }, SamplingCode.glob, `${at}.route`)
  check({ protocol: 'http4' as never }, SamplingCode.protocol, `${at}.protocol`)
  for (const perThousand of [0, -1, 1000.5, Number.NaN, Infinity])
    check({ rate: { perThousand } }, SamplingCode.rate, `${at}.rate`)
  for (const perSecond of [0, 1.5, Number.NaN, 1e9])
    check({ rate: { perSecond } }, SamplingCode.rate, `${at}.rate`)
  for (const capturesPerSecondMax of [0, -1, 0.5, 10_001, Number.NaN])
    check({ capturesPerSecondMax }, SamplingCode.cap, `${at}.captures_per_second_max`)
})

test('of rules that are sound each by itself, it tells which do not go together', () => {
  const check = (rules: readonly SamplingRule[], expected: readonly (readonly [SamplingCode, string])[]) =>
    assert.deepEqual(
      checkSamplingRules(rules).diagnostics.map(({ code, place }) => [code, place]),
      expected,
    )
  const at = (i: number) => `sampling_rules[${i}]`
  check([SOUND, { id: 'low', header: 'x-trace-sampling', value: 'low' }], [])
  check([SOUND, SOUND], [[SamplingCode.duplicate, `${at(1)}.id`]])
  check([{ id: 'any', header: 'X-TRACE-sampling' }, SOUND], [[SamplingCode.unreachable, at(1)]])
  check([SOUND, { id: 'any', header: 'x-trace-sampling' }], [])
  check(
    [
      { id: 'cart', service: 'cart' },
      { id: 'pay', service: 'pay' },
    ],
    [],
  )
  check([{ id: 'all' }], [[SamplingCode.everything, at(0)]])
  check([{ id: 'all', rate: { perThousand: 1 } }, SOUND], [[SamplingCode.unreachable, at(1)]])
  check(
    [
      { id: 'grpc', protocol: 'grpc', service: '*' },
      { ...SOUND, protocol: 'http1' },
    ],
    [],
  )
  check(
    Array.from({ length: 18 }, (_, i) => ({ id: `r${i}`, header: `x-${i}` })),
    [[SamplingCode.tooMany, at(16)]],
  )
})

test('a rule of an instruction says the same', () => {
  const rule = {
    ...SOUND,
    service: 'shop-*',
    route: '/users/{id}*',
    protocol: 'grpc',
    capturesPerSecondMax: 5,
  } as const
  const message = create(SamplingRuleSchema, {
    ...rule,
    protocol: RequestProtocol.GRPC,
    rate: { case: 'perThousand', value: 1 },
  })
  const back = fromBinary(SamplingRuleSchema, toBinary(SamplingRuleSchema, message))
  assert.deepEqual(samplingRuleOf(back), { ...rule, rate: { perThousand: 1 } })
  assert.deepEqual(samplingRuleOf(create(SamplingRuleSchema, { id: 'all' })), { id: 'all' })
  const unknown = samplingRuleOf(
    create(SamplingRuleSchema, { id: 'x', header: 'x-y', protocol: 9 as RequestProtocol }),
  )
  assert.deepEqual(
    checkSamplingRules([unknown]).diagnostics.map(({ code }) => code),
    [SamplingCode.protocol],
  )
})

test('whatever the rules, those that are sound fit into a table', () => {
  const text = fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom('x-a', 'high', '/users/{id}', 'a*'))
  const number = fc.oneof(fc.double(), fc.nat(2000))
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
  const rule = fc.record(
    {
      id: fc.oneof(
        { weight: 4, arbitrary: fc.stringMatching(/^[a-z]{1,8}$/) },
        { weight: 1, arbitrary: text },
      ),
      header: optional(text),
      value: optional(text),
      service: optional(text),
      route: optional(text),
      protocol: optional(fc.constantFrom('http1' as const, 'grpc' as const)),
      rate: optional(
        fc.oneof(
          number.map((perThousand) => ({ perThousand })),
          number.map((perSecond) => ({ perSecond })),
        ),
      ),
      capturesPerSecondMax: optional(number),
    },
    { requiredKeys: ['id'] },
  )
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 20 }), (rules) => {
      const { value, diagnostics } = checkSamplingRules(rules)
      assert.equal(encodeSamplingTable(value, { generation: 1 }).length, TABLE_BYTES)
      const errors = new Set(
        diagnostics
          .filter(({ severity }) => severity === 'error')
          .map(({ place }) => /^[^\]]+/.exec(place)![0]),
      )
      assert.equal(
        value.length,
        Math.min(rules.length, 16) - [...errors].filter((at) => !at.endsWith('[16')).length,
      )
    }),
    { seed: 7, numRuns: 200 },
  )
})
