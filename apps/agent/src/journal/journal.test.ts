import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AgentRun, RememberingServer } from './exactly-once.fixture.ts'
import { Journal } from './journal.ts'
import { JOURNAL_LIMIT_BYTES_MIN } from './limits.ts'
import { Killed, MemoryDirectory } from './memory-directory.fixture.ts'

const MIB = 1 << 20

const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('tick'), units: fc.nat(5), padding: fc.nat(2000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('tick'),
      units: fc.nat(5),
      padding: fc.integer({ min: 30_000, max: 90_000 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('send'), count: fc.nat(80), acknowledged: fc.nat(80) }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('disconnect') }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('kill'), afterBytes: fc.oneof(fc.nat(300), fc.nat(200_000)) }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('full'), afterBytes: fc.nat(100_000) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('space') }) },
) as fc.Arbitrary<
  | { op: 'tick'; units: number; padding: number }
  | { op: 'send'; count: number; acknowledged: number }
  | { op: 'disconnect' | 'space' }
  | { op: 'kill' | 'full'; afterBytes: number }
>
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

/** Plays the operations; whenever the agent is killed, in whatever write, the next one starts on what is left. */
function play(operations: readonly Operation[]) {
  const disk = new MemoryDirectory()
  const traffic = { units: 0 }
  const server = new RememberingServer()
  let kills = 0
  const start = () => new AgentRun(disk, traffic, 'boot', JOURNAL_LIMIT_BYTES_MIN)
  let run = start()
  const step = (action: () => void) => {
    try {
      action()
    } catch (error) {
      if (!(error instanceof Killed)) throw error
      kills++
      disk.restart()
      disk.fullAfterBytes = Infinity
      run = start()
    }
  }
  for (const operation of operations)
    step(() => {
      if (operation.op === 'tick') {
        traffic.units += operation.units
        run.tick(operation.padding)
      } else if (operation.op === 'send') run.send(server, operation.count, operation.acknowledged)
      else if (operation.op === 'disconnect') run.disconnect()
      else if (operation.op === 'kill') disk.killAfterBytes = operation.afterBytes
      else if (operation.op === 'full') disk.fullAfterBytes = operation.afterBytes
      else disk.fullAfterBytes = Infinity
    })
  disk.killAfterBytes = Infinity
  disk.fullAfterBytes = Infinity
  disk.restart()
  // Whether it lives or was killed behind our back: a last process tells the rest.
  run = start()
  traffic.units++
  run.tick()
  run.tick()
  run.send(server, Infinity, Infinity)
  run.tick()
  run.send(server, Infinity, Infinity)
  return { server, traffic, run, kills, disk }
}

test('through kills in any write, a full disk and a full spool, each unit is told once or counted as lost', () => {
  let lostUnits = 0
  let kills = 0
  fc.assert(
    fc.property(fc.array(operation, { minLength: 20, maxLength: 150, size: 'max' }), (operations) => {
      const result = play(operations)
      assert.equal(result.server.toldUnits() + result.server.lostUnits, result.traffic.units)
      assert.equal(result.run.journal.frameCount, 0)
      lostUnits += result.server.lostUnits
      kills += result.kills
    }),
    { seed: 7, numRuns: 200 },
  )
  // The property would hold for a test that never gets there.
  assert.ok(lostUnits > 0 && kills > 50, `${lostUnits} units lost, ${kills} kills`)
})

test('the file stays within its limit while the server is away for long', () => {
  const disk = new MemoryDirectory()
  const traffic = { units: 0 }
  const run = new AgentRun(disk, traffic, 'boot', 2 * MIB)
  let largestBytes = 0
  for (let i = 0; i < 3000; i++) {
    traffic.units++
    run.tick(10_000)
    largestBytes = Math.max(largestBytes, run.journal.fileBytes)
  }
  assert.ok(largestBytes <= 2 * MIB, `${largestBytes} bytes`)
  assert.ok(run.journal.frameBytes > 0.4 * MIB)
  const server = new RememberingServer()
  run.send(server, Infinity, Infinity)
  run.tick()
  run.send(server, Infinity, Infinity)
  assert.equal(server.toldUnits() + server.lostUnits, 3000)
  // The newest are kept; the oldest went, but for the few that might have been under way.
  assert.deepEqual(server.ranges.at(-1), [2999, 3000])
  assert.ok(server.ranges.length > 60)
})

test('a kept journal is rewritten when little of it is alive', () => {
  const disk = new MemoryDirectory()
  const server = new RememberingServer()
  const run = new AgentRun(disk, { units: 0 }, 'boot', 64 * MIB)
  let largestBytes = 0
  for (let i = 0; i < 2000; i++) {
    run.tick(10_000)
    run.send(server, 9, 9)
    largestBytes = Math.max(largestBytes, run.journal.fileBytes)
  }
  assert.ok(largestBytes < 5 * MIB, `${largestBytes} bytes`)
})

test('another boot: frames are kept, checkpoints are not, and sequence numbers leap', () => {
  const disk = new MemoryDirectory()
  const traffic = { units: 5 }
  const first = new AgentRun(disk, traffic, 'boot 1')
  traffic.units += 3
  first.tick()
  const second = new Journal(disk, { bootId: 'boot 2', newAgentId: 'other' })
  assert.deepEqual(second.opening, { state: 'clean', cutBytes: 0, otherBoot: true })
  assert.equal(second.agentId, 'agent')
  assert.deepEqual(second.takeRestore(), [])
  assert.equal(second.frameCount, 1)
  assert.equal(second.firstSeq, 1)
  assert.ok(second.nextSeq > 1_000_000)
  // Killed before its first tick: the third boot must not find the first one's checkpoints either.
  const third = new Journal(disk, { bootId: 'boot 2', newAgentId: 'other' })
  assert.deepEqual(third.takeRestore(), [])
  assert.equal(third.nextSeq, second.nextSeq)
  assert.equal(third.opening.otherBoot, false)
})

test('a damaged byte anywhere, or a cut anywhere: nothing is told twice, and the damage is counted', () => {
  const damage = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    xor: fc.integer({ min: 0, max: 255 }),
    sent: fc.nat(20),
    acknowledged: fc.nat(20),
    connectFirst: fc.boolean(),
  })
  fc.assert(
    fc.property(damage, ({ at, xor, sent, acknowledged, connectFirst }) => {
      const disk = new MemoryDirectory()
      const traffic = { units: 0 }
      const server = new RememberingServer()
      const before = new AgentRun(disk, traffic, 'boot')
      for (let i = 0; i < 20; i++) {
        traffic.units += 2
        before.tick(100)
        if (i === sent) before.send(server, i, acknowledged)
      }
      const bytes = disk.bytesOf('journal').slice()
      const index = Math.floor(at * bytes.length)
      if (xor === 0) disk.put('journal', bytes.subarray(0, index))
      else {
        bytes[index]! ^= xor
        disk.put('journal', bytes)
      }
      traffic.units += 2
      const after = new AgentRun(disk, traffic, 'boot')
      const isSameAgent = after.journal.agentId === 'agent' && after.journal.nextSeq > 1
      const target = isSameAgent ? server : new RememberingServer()
      if (connectFirst) after.connect(target)
      for (let i = 0; i < 3; i++) {
        traffic.units += 2
        after.tick()
        after.send(target, Infinity, Infinity)
      }
      target.toldUnits()
      if (xor !== 0) assert.equal(after.journal.opening.state, 'corrupt')
      if (after.journal.opening.state === 'corrupt') assert.ok(target.otherDrops > 0)
    }),
    { seed: 11, numRuns: 400 },
  )
})

test('recovery reads any bytes at all', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), fc.nat(), (noise, afterSound, at) => {
      const disk = new MemoryDirectory()
      const run = new AgentRun(disk, { units: 0 }, 'boot')
      for (let i = 0; i < 3; i++) run.tick(20)
      const sound = disk.bytesOf('journal').slice()
      const kept = afterSound ? sound : sound.subarray(0, at % sound.length)
      const bytes = new Uint8Array(kept.length + noise.length)
      bytes.set(kept)
      bytes.set(noise, kept.length)
      disk.put('journal', bytes)
      const journal = new Journal(disk, { bootId: 'boot', newAgentId: 'new' })
      assert.ok(journal.frameCount <= 3)
      if (afterSound) assert.equal(journal.frameCount, 3)
      // What it cut is cut: it opens cleanly from now on.
      const again = new Journal(disk, { bootId: 'boot', newAgentId: 'new' })
      assert.equal(again.opening.state, 'clean')
      assert.equal(again.frameCount, journal.frameCount)
      assert.equal(again.nextSeq, journal.nextSeq)
    }),
    { seed: 13, numRuns: 500 },
  )
})

test('a server that forgot is told all processes; one that is ahead is believed', () => {
  const disk = new MemoryDirectory()
  const server = new RememberingServer()
  const traffic = { units: 0 }
  const run = new AgentRun(disk, traffic, 'boot')
  run.tick()
  assert.equal(run.journal.resume(0).serverForgot, false)
  run.send(server, 9, 9)
  assert.equal(run.journal.resume(1).serverForgot, false)
  assert.equal(run.journal.resume(0).serverForgot, true)
  traffic.units++
  run.tick()
  run.journal.resume(50)
  assert.equal(run.journal.nextSeq, 51)
  assert.equal(run.journal.frameCount, 0)
  assert.equal(run.journal.losses.isEmpty, false)
})
