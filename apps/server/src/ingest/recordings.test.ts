import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { InstructionSchema } from '@quadrant/proto'
import { Recordings } from './recordings.ts'

const BASE = create(InstructionSchema, { udpBytes: true, messageTargets: ['web'] })

/** Recordings at a clock that the test moves, with how often one was told to end. */
function bench() {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 })
  let ends = 0
  const recordings = new Recordings({ nowNs: () => Date.now() * 1e6, onEnd: () => ends++ })
  return {
    recordings,
    ends: () => ends,
    hz: (instruction = BASE) => recordings.apply(instruction).profileHz,
    [Symbol.dispose]: () => {
      recordings[Symbol.dispose]()
      mock.timers.reset()
    },
  }
}

test('a recording changes the rate and nothing else, and goes back', () => {
  using b = bench()
  assert.equal(b.recordings.apply(BASE), BASE)
  b.recordings.add({ frequencyHz: 99, untilNs: 10e9 })
  assert.deepEqual(b.recordings.apply(BASE), { ...BASE, profileHz: 99, profileUntilNs: 10e9 })
  mock.timers.tick(9999)
  assert.equal(b.ends(), 0)
  mock.timers.tick(1)
  assert.equal(b.ends(), 1)
  assert.equal(b.recordings.apply(BASE), BASE)
})

test('of several the fastest holds, then the next', () => {
  using b = bench()
  b.recordings.add({ frequencyHz: 49, untilNs: 30e9 })
  b.recordings.add({ frequencyHz: 99, untilNs: 10e9 })
  b.recordings.add({ frequencyHz: 19, untilNs: 60e9 })
  const seen = [b.hz()]
  for (let seconds = 0; seconds < 70; seconds += 10) {
    mock.timers.tick(10_000)
    seen.push(b.hz())
  }
  assert.deepEqual(seen, [99, 49, 49, 19, 19, 19, 0, 0])
  assert.equal(b.ends(), 3)
})

test('a rate that is told to hold anyway is not lowered, and profiles that are off stay off', () => {
  using b = bench()
  b.recordings.add({ frequencyHz: 49, untilNs: 10e9 })
  assert.equal(b.hz(create(InstructionSchema, { profileHz: 99 })), 99)
  assert.equal(b.hz(create(InstructionSchema, { profileHz: 99, profileUntilNs: 5e9 })), 49)
  assert.equal(b.hz(create(InstructionSchema, { profilesOff: true })), 0)
})

test('there is a limit, and room again when one has ended', () => {
  using b = bench()
  const add = () => b.recordings.add({ frequencyHz: 99, untilNs: Date.now() * 1e6 + 1e9 })
  assert.deepEqual(Array.from({ length: 17 }, add), [...Array.from({ length: 16 }, () => true), false])
  mock.timers.tick(1000)
  assert.equal(add(), true)
})
