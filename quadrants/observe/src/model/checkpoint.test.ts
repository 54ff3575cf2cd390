import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CheckpointError, CheckpointWriter, readCheckpoints } from './checkpoint.ts'
import { BOOT_ID, dropLines, edgeLines, ModelHarness, rowLines } from './testing/model-harness.ts'
import type { RecordText } from './testing/record-encoder.ts'
import { VarintReader, VarintWriter } from './varint.ts'

const S = 1e9

const sample: RecordText = {
  kind: 'sample',
  cookie: 0x1_2345_6789,
  netns: 4_026_531_840,
  local: '[fd00::1]:40000',
  remote: '[fd00::2]:443',
  ts: 1e6,
  to: 'established',
  sent: 5_000_000_000,
  received: 7,
}

function someCheckpoints(): Uint8Array[] {
  const harness = new ModelHarness()
  harness.apply(sample, { ...sample, cookie: 8, local: '10.0.0.1:40001', remote: '10.9.9.9:443' })
  const first = harness.tick(S).checkpoint
  harness.apply({ ...sample, ts: 1.1 * S, sent: 5_000_000_100 })
  const second = harness.tick(2 * S).checkpoint
  return [first, second]
}

test('numbers below 2^53 come back as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat(), { maxLength: 50 }), (numbers) => {
      const writer = new VarintWriter(1)
      for (const number of numbers) writer.write(number)
      const reader = new VarintReader(writer.take())
      assert.deepEqual(
        numbers.map(() => reader.read()),
        numbers,
      )
      assert.ok(reader.done)
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('deltas and the whole say the same', () => {
  const parts = someCheckpoints()
  const deltas = readCheckpoints(parts, BOOT_ID)!
  assert.deepEqual([...deltas.sockets.keys()], ['4886718345/0', '8/0'])
  const socket = deltas.sockets.get('4886718345/0')!
  assert.deepEqual(
    [socket.sent, socket.received, socket.netns, socket.remotePort, socket.family],
    [5_000_000_100, 7, 4_026_531_840, 443, 10],
  )
  const harness = new ModelHarness({ restore: parts })
  const whole = readCheckpoints([harness.whole()], BOOT_ID)!
  assert.deepEqual(whole.sockets, deltas.sockets)
})

test('a socket that closed while nobody ran is lost, and counted; a new one is news from its first byte', () => {
  const harness = new ModelHarness({ restore: someCheckpoints() })
  harness.apply(
    { ...sample, ts: 3 * S, sent: 5_000_000_150 },
    {
      ...sample,
      ts: 3 * S,
      cookie: 9,
      local: '10.0.0.1:40002',
      remote: '10.9.9.9:444',
      sent: 3,
      received: 0,
    },
  )
  assert.deepEqual(edgeLines(harness.tick(4 * S).batch), [
    '10.0.0.1 > 10.9.9.9:444/tcp c opened=1 bytesToServer=3 active=1',
    'fd00::1 > fd00::2:443/tcp c bytesToServer=50 active=1',
  ])
  assert.equal(harness.counts.openedAway, 1)
  harness.model.tellLost()
  const { batch, checkpoint } = harness.tick(5 * S)
  assert.deepEqual(dropLines(batch), ['tracer.away closed-while-away 1'])
  assert.deepEqual(rowLines(batch), ['LOST unspecified 10.0.0.1:40001 10.9.9.9:443 - -'])
  const next = readCheckpoints([...someCheckpoints(), checkpoint], BOOT_ID)!
  assert.ok(!next.sockets.has('8/0'))
})

test('a checkpoint of another boot is nothing', () => {
  assert.equal(readCheckpoints(someCheckpoints(), 'ffffffff-ffff-ffff-ffff-ffffffffffff'), undefined)
  assert.throws(() => new CheckpointWriter('not-a-uuid'), CheckpointError)
})

test('a corrupt checkpoint is refused as a whole, in words', () => {
  const [first, second] = someCheckpoints()
  const refused = (parts: Uint8Array[], message: RegExp) =>
    assert.throws(() => readCheckpoints(parts, BOOT_ID), { name: 'CheckpointError', message })
  refused([first!, second!.subarray(0, 40)], /checkpoint 2 of 2: checksum does not match/)
  refused([first!.subarray(0, 10)], /checkpoint 1 of 1: 10 bytes are too few/)
  refused([second!], /checkpoint 1 of 1: socket 4886718345\/0 was never told/)
  refused([new Uint8Array(30)], /not a checkpoint/)
  fc.assert(
    fc.property(fc.nat(first!.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const broken = first!.slice()
      broken[at]! ^= change
      assert.throws(() => readCheckpoints([broken], BOOT_ID), CheckpointError)
    }),
    { seed: 2, numRuns: 300 },
  )
})

test('a UDP peer that began again twice within one tick leaves a checkpoint that can be read', () => {
  const harness = new ModelHarness()
  const peer: RecordText = {
    kind: 'udpPeer',
    protocol: 'udp',
    cookie: 1,
    ts: 1e6,
    local: '10.0.0.1:40000',
    remote: '10.9.9.9:53',
    flags: ['initiator'],
  }
  const send = (ts: number, sent: number) => harness.apply({ ...peer, ts, sent })
  send(1e6, 500)
  harness.tick(S)
  send(1.1 * S, 300)
  send(1.2 * S, 200)
  const [socket] = readCheckpoints([harness.whole()], BOOT_ID)!.sockets.values()
  assert.equal(socket?.sent, 0)
  assert.deepEqual(edgeLines(harness.tick(2 * S).batch), [
    '10.0.0.1 > 10.9.9.9:53/udp c bytesToServer=500 active=1',
  ])
})
