import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { RequestHostSchema, RequestInstructionSchema } from '@quadrant/proto'
import { Settling, hostState, type HostState } from './settled.ts'

const OLD = create(RequestInstructionSchema, { samplingRules: [{ id: 'old' }] })
const NEW = create(RequestInstructionSchema, { samplingRules: [{ id: 'new' }], services: ['cart'] })
const OFF = create(RequestInstructionSchema, { off: true })

const host = (change: MessageInitShape<typeof RequestHostSchema> = {}) =>
  create(RequestHostSchema, { host: 'web-1', connected: true, timeNs: 1e9, ...change })

test('what a host makes of it', () => {
  const check = (
    change: MessageInitShape<typeof RequestHostSchema>,
    asked: typeof NEW,
    expected: HostState,
  ) => assert.equal(hostState(host(change), asked), expected)
  check({ instruction: NEW, report: {} }, NEW, 'follows')
  check({ instruction: OLD, report: {} }, NEW, 'not yet')
  check({ report: {} }, NEW, 'not yet')
  check({ timeNs: 0 }, NEW, 'not yet')
  check({ connected: false }, NEW, 'not connected')
  check({ instruction: NEW }, NEW, 'not observed')
  check({ instruction: OLD }, NEW, 'not yet')
  check({ instruction: OFF }, OFF, 'off')
  // Its own command line names more services, or turns requests on.
  check({ instruction: { ...NEW, services: ['cart', 'pay'] }, report: {} }, NEW, 'follows')
  check({ instruction: { ...OFF, off: false, services: ['pay'] }, report: {} }, OFF, 'follows')
  check({ instruction: { ...NEW, off: true }, report: {} }, NEW, 'not yet')
})

test('a change is settled with a new generation, or two reports later', () => {
  const before = host({ instruction: OLD, report: { generation: 3 } })
  const rules = new Settling(NEW, [before])
  assert.equal(rules.isSettled([before]), false)
  assert.equal(rules.isSettled([host({ instruction: NEW, report: { generation: 3 } })]), false)
  assert.equal(rules.isSettled([host({ timeNs: 2e9, instruction: NEW, report: { generation: 4 } })]), true)

  // What changes no rule has no generation of its own; and a host may not be able to follow.
  const rest = new Settling(NEW, [before])
  assert.equal(rest.isSettled([before, host({ host: 'web-2', connected: false })]), false)
  assert.equal(rest.isSettled([host({ timeNs: 2e9, instruction: OLD, report: { generation: 3 } })]), false)
  assert.equal(rest.isSettled([host({ timeNs: 2e9, instruction: OLD, report: { generation: 3 } })]), false)
  assert.equal(rest.isSettled([host({ timeNs: 3e9, instruction: OLD, report: { generation: 3 } })]), true)

  // All of them.
  const both = new Settling(NEW, [before])
  const done = host({ timeNs: 2e9, instruction: NEW, report: { generation: 4 } })
  assert.equal(both.isSettled([done, host({ host: 'web-2' })]), false)
  assert.equal(both.isSettled([]), true)
})
