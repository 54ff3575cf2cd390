import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  FLOW_CAP_MAX,
  type Instruction,
  InstructionSchema,
  parseServiceRule,
  RequestInstructionSchema,
} from '@quadrant/proto'
import { effectiveInstruction } from './instruction.ts'

const NOTHING = {
  udpBytes: false,
  messageTargets: [],
  flowCapPerSecond: 0,
  serviceRules: [],
  probesOff: false,
  profilesOff: false,
  requestServices: [],
  probeShareMax: 0,
}

test('the server decides, and the command line holds on top of it', () => {
  const fromServer = create(InstructionSchema, {
    messageTargets: ['shop', 'cart'],
    flowCapPerSecond: 7,
    serviceRules: [{ service: 'shop', executable: '*/shop' }],
  })
  const floor = {
    ...NOTHING,
    udpBytes: true,
    messageTargets: ['cart', '42'],
    flowCapPerSecond: 5,
    serviceRules: [parseServiceRule('cart=exe:*/cart')],
  }
  const both = effectiveInstruction(floor, fromServer)
  assert.equal(both.udpBytes, true)
  assert.deepEqual(both.messageTargets, ['cart', '42', 'shop'])
  assert.equal(both.flowCapPerSecond, 5)
  assert.deepEqual(
    both.serviceRules.map(({ service }) => service),
    ['cart', 'shop'],
  )
  assert.equal(effectiveInstruction(NOTHING, fromServer).flowCapPerSecond, 7)
  assert.equal(effectiveInstruction(floor, undefined).flowCapPerSecond, 5)
  assert.deepEqual(
    effectiveInstruction(NOTHING, undefined),
    create(InstructionSchema, { requests: { off: true } }),
  )
})

test('a server cannot make the agent hold or match without end', () => {
  const hostile = create(InstructionSchema, {
    messageTargets: Array.from({ length: 5000 }, (_, i) => `${i}`).concat('x'.repeat(10_000)),
    flowCapPerSecond: 0xffffffff,
    serviceRules: Array.from({ length: 5000 }, () => ({ service: 'a', argument: '*'.repeat(1000) })).concat(
      Array.from({ length: 5000 }, () => ({ service: 'b', argument: '*' })),
    ),
  })
  const kept = effectiveInstruction(NOTHING, hostile)
  assert.equal(kept.messageTargets.length, 64)
  assert.equal(kept.flowCapPerSecond, FLOW_CAP_MAX)
  assert.equal(kept.serviceRules.length, 500)
  assert.ok(kept.serviceRules.every(({ service }) => service === 'b'))
})

test('what a server says of requests is held, but not without end', () => {
  const rule = { id: 'high', header: 'x-trace-sampling', value: 'high' }
  const of = (requests: MessageInitShape<typeof InstructionSchema>['requests']) =>
    effectiveInstruction(NOTHING, create(InstructionSchema, { requests })).requests!
  const sound = { samplingRules: [rule], redactedHeaders: ['x-tenant'], routeRules: [{ pattern: '/a/:id' }] }
  assert.deepEqual(of(sound), create(InstructionSchema, { requests: sound }).requests)
  const long = 'x'.repeat(513)
  const hostile = of({
    samplingRules: [{ ...rule, value: long }, ...Array.from({ length: 5000 }, () => rule)],
    routeRules: [{ pattern: long }, ...Array.from({ length: 5000 }, () => ({ pattern: '/a' }))],
    services: [long, ...Array.from({ length: 5000 }, (_, i) => `s${i}`)],
    protocols: Array.from({ length: 5000 }, () => 1),
    capturesPerSecondMax: 0xffffffff,
    routesPerServiceMax: 0xffffffff,
  })
  assert.deepEqual(
    [
      hostile.samplingRules.length,
      hostile.routeRules.length,
      hostile.services.length,
      hostile.protocols.length,
    ],
    [16, 500, 64, 1],
  )
  assert.ok(hostile.samplingRules.every(({ value }) => value === 'high'))
  assert.deepEqual([hostile.capturesPerSecondMax, hostile.routesPerServiceMax], [10_000, 2000])
})

test('what observing runtimes may cost: the smaller share, and never more than the observer itself can bear', () => {
  const check = (
    floor: Partial<typeof NOTHING>,
    fromServer: MessageInitShape<typeof InstructionSchema>,
    expected: Partial<Instruction>,
  ) => {
    const made = effectiveInstruction({ ...NOTHING, ...floor }, create(InstructionSchema, fromServer))
    assert.deepEqual({ ...made, ...expected }, made)
  }
  check({}, {}, { probeShareMax: 0, probesOff: false, profilesOff: false, profileHz: 0 })
  check({}, { probeShareMax: 0.05 }, { probeShareMax: 0.05 })
  check({ probeShareMax: 0.02 }, { probeShareMax: 0.05 }, { probeShareMax: 0.02 })
  check({ probeShareMax: 0.02 }, { probeShareMax: 0.005 }, { probeShareMax: 0.005 })
  check({ probeShareMax: 0.02 }, { probeShareMax: -1 }, { probeShareMax: 0.02 })
  for (const share of [Number.NaN, Number.POSITIVE_INFINITY, -0.1])
    check({}, { probeShareMax: share, profileUntilNs: share }, { probeShareMax: 0, profileUntilNs: 0 })
  check({}, { probeShareMax: 7 }, { probeShareMax: 1 })
  check({ probesOff: true, profilesOff: true }, {}, { probesOff: true, profilesOff: true })
  check({}, { probesOff: true, profilesOff: true }, { probesOff: true, profilesOff: true })
  check({}, { profileHz: 49, profileUntilNs: 2e18 }, { profileHz: 49, profileUntilNs: 2e18 })
  check({}, { profileHz: 100_000 }, { profileHz: 99 })
})

test('requests are observed of whom somebody asks for', () => {
  const check = (
    own: readonly string[],
    asked: MessageInitShape<typeof RequestInstructionSchema> | undefined,
  ) => {
    const fromServer =
      asked && create(InstructionSchema, { requests: create(RequestInstructionSchema, asked) })
    const { off, services } = effectiveInstruction({ ...NOTHING, requestServices: own }, fromServer).requests!
    return off ? 'off' : services
  }
  assert.equal(check([], undefined), 'off')
  assert.equal(check([], { off: true }), 'off')
  assert.deepEqual(check([], {}), [])
  assert.deepEqual(check([], { services: ['web'] }), ['web'])
  assert.deepEqual(check(['*'], { services: ['web'] }), [])
  assert.deepEqual(check(['shop', 'web'], { services: ['web', 'x'] }), ['shop', 'web', 'x'])
  assert.deepEqual(check(['shop'], { off: true, services: ['web'] }), ['shop'])
})
