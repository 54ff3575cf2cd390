import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary } from '@bufbuild/protobuf'
import { BatchSchema, FlowColumnsSchema, HelloSchema, HostNameSchema, ProcessSchema } from '@quadrant/proto'
import { EPOCH, flowsOf, processOf, secondOf, type BatchInit } from '../testing/batch.ts'
import { checkChangedBatches } from '../testing/changed-batches.ts'
import { decodeWireBatch } from '../testing/checked.ts'
import { checkBatch, checkHello } from './check.ts'

const NOW_NS = (EPOCH + 100) * 1e9
function check(init: BatchInit) {
  return checkBatch(decodeWireBatch(toBinary(BatchSchema, secondOf(0, init))), NOW_NS)
}

const name = { address: Uint8Array.of(10, 0, 0, 7), name: 'a.test', timeNs: EPOCH * 1e9, ttlS: 60 }
const edge = { client: 0, server: 1, protocol: 6, serverPort: 80 } as const
const cases: [name: string, init: BatchInit, reason: string | undefined][] = [
  ['a plain second', {}, undefined],
  ['flows', { flows: flowsOf(100) }, undefined],
  ['a window of an hour', { endNs: (EPOCH + 3600) * 1e9 }, undefined],
  ['a window of a day', { endNs: (EPOCH + 86_400) * 1e9 }, 'time'],
  ['a window that ends before it starts', { endNs: 1 }, 'time'],
  ['a time that is no number', { startNs: Number.NaN }, 'time'],
  ['the far future', { startNs: NOW_NS * 2, endNs: NOW_NS * 2 }, 'time'],
  ['an edge to an endpoint that is not there', { edges: [{ ...edge, server: 9 }] }, 'index'],
  ['an edge of another protocol', { edges: [{ ...edge, protocol: 1 as 6 }] }, 'index'],
  ['a port over 65535', { edges: [{ ...edge, serverPort: 70_000 }] }, 'index'],
  ['a negative counter', { edges: [{ ...edge, opened: -1 }] }, 'counter'],
  ['an infinite counter', { edges: [{ ...edge, bytesToClient: Infinity }] }, 'counter'],
  ['a counter that is no number', { edges: [{ ...edge, srttUsSum: Number.NaN }] }, 'counter'],
  ['a gauge of one half', { edges: [{ ...edge, active: 0.5 }] }, 'counter'],
  ['an address of 5 bytes', { addresses: [new Uint8Array(5)] }, 'address'],
  ['an endpoint of nothing', { endpoints: [{}, {}] }, 'index'],
  [
    'an endpoint with an address of 3 bytes',
    { endpoints: [{ kind: { case: 'address', value: new Uint8Array(3) } }] },
    'address',
  ],
  ['a process key that is none', { processKeys: ['../../etc'] }, 'text'],
  [
    'a pid that is not its key',
    { processes: [create(ProcessSchema, { ...processOf(1, 'a'), pid: 2 })] },
    'text',
  ],
  ['a drop without a stage', { drops: [{ stage: '', reason: 'x', count: 1 }] }, 'text'],
  ['a stage with control characters', { stages: [{ stage: '\u001b[2J', seen: 1, kept: 1 }] }, 'text'],
  [
    'too many drops',
    { drops: Array.from({ length: 300 }, () => ({ stage: 'a', reason: 'b', count: 1 })) },
    'count',
  ],
  ['flows of different lengths', { flows: flowsOf(3, { error: [1] }) }, 'flows'],
  ['flows with an unknown address', { flows: flowsOf(2, { localAddress: [0, 1] }) }, 'flows'],
  ['flows with an unknown process', { flows: flowsOf(2, { process: [0, 3] }) }, 'flows'],
  ['flows with an unknown event', { flows: flowsOf(1, { event: [77] }) }, 'flows'],
  ['flows with a negative duration', { flows: flowsOf(1, { durationUs: [-1] }) }, 'flows'],
  ['a name', { hostNames: [name] }, undefined],
  ['a name of nothing', { hostNames: [{ ...name, address: new Uint8Array(3) }] }, 'address'],
  ['no name', { hostNames: [{ ...name, name: '' }] }, 'text'],
  ['a name of the far future', { hostNames: [{ ...name, timeNs: NOW_NS * 2 }] }, 'time'],
  ['a name that holds for ever', { hostNames: [{ ...name, ttlS: Infinity }] }, 'counter'],
  ['a name with 17 aliases', { hostNames: [{ ...name, aliases: new Array<string>(17).fill('b') }] }, 'count'],
]
for (const [name, init, reason] of cases)
  test(`${reason ? 'refused' : 'accepted'}: ${name}`, () => {
    const { batch, refusal } = check(init)
    assert.equal(refusal?.reason, reason, refusal?.detail ?? 'accepted')
    assert.equal(batch === undefined, reason !== undefined)
  })

test('names that a program chose for itself are made harmless', () => {
  const wild = create(ProcessSchema, {
    ...processOf(7, ''),
    comm: '\u001b[31mred',
    argv: Array.from({ length: 1000 }, (_, i) => `argument ${i}`),
    exe: `/${'x'.repeat(9000)}`,
  })
  const process = check({ processes: [wild] }).batch!.processes[0]!
  assert.equal(process.comm, '\ufffd[31mred')
  assert.equal(process.service, 'pid-7')
  assert.equal(process.argv.length, 65)
  assert.equal(process.argv.at(-1), '…')
  assert.equal(process.exe.length, 4096)
})

test('names that a name server sent are made harmless', () => {
  const wild = create(HostNameSchema, { ...name, name: `\u001b[2J${'x'.repeat(300)}`, aliases: ['a\u0007b'] })
  const told = check({ hostNames: [wild] }).batch!.hostNames[0]!
  assert.equal(told.name, `\ufffd[2J${'x'.repeat(250)}…`)
  assert.deepEqual(told.aliases, ['a\ufffdb'])
})

test('flows pass as the bytes they came as', () => {
  const flows = flowsOf(50)
  assert.deepEqual(check({ flows }).batch!.flows, toBinary(FlowColumnsSchema, flows))
})

const hellos: [name: string, init: object, reason: string | undefined][] = [
  ['a whole hello', {}, undefined],
  ['no agent id', { agentId: '' }, 'text'],
  ['a host with a slash', { host: 'a/b' }, 'text'],
  ['a host with a line break', { host: 'a\nb' }, 'text'],
  ['a first number of one half', { firstSeq: 0.5 }, 'sequence'],
]
for (const [name, init, reason] of hellos)
  test(`hello: ${name}`, () => {
    const hello = create(HelloSchema, {
      agentId: 'a',
      host: 'h',
      bootId: 'b',
      version: '1',
      firstSeq: 1,
      ...init,
    })
    assert.equal(checkHello(hello)?.reason, reason)
  })

test('whatever the bytes, a batch is accepted or refused', () => {
  const whole = toBinary(
    BatchSchema,
    secondOf(0, { flows: flowsOf(10), drops: [{ stage: 'a', reason: 'b', count: 1 }] }),
  )
  const options = { nowNs: NOW_NS, changesMax: 8, seed: 4, numRuns: 2000 }
  const { accepted } = checkChangedBatches(whole, options, ({ batch, refusal }) =>
    assert.ok(batch ?? refusal!.detail.length > 0),
  )
  assert.ok(accepted > 0)
})
