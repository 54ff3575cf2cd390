import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { Parcel } from '../parcel.ts'
import { MemoryDirectory } from '../testing/memory-directory.ts'
import { DiskQueue } from './disk-queue.ts'
import { MemoryQueue } from './memory-queue.ts'
import { diskQueueDirectory } from './queue-directory.ts'
import type { SendQueue } from './send-queue.ts'

const MIB = 1 << 20

function parcel(fill: number, length = 100, items = 1): Parcel {
  return Parcel.ofBytes('traces', new Uint8Array(length).fill(fill), items)
}

/** Takes all that is there; the first byte of each says which it was. */
function drain(queue: SendQueue): number[] {
  const found: number[] = []
  for (let queued = queue.take(); queued; queued = queue.take()) {
    if (queued.parcel) found.push(queued.parcel.bytes[0]!)
    queue.done(queued)
  }
  return found
}

for (const [name, make] of [
  ['in memory', () => new MemoryQueue(10_000)],
  ['on disk', () => new DiskQueue(new MemoryDirectory(), 10_000)],
] as const) {
  test(`${name}: first in, first out, and bounded in bytes`, () => {
    const queue = make()
    let kept = 0
    let reason: string | undefined
    while (reason === undefined) {
      reason = queue.push(parcel(kept, 500, 3))
      if (reason === undefined) kept++
    }
    assert.equal(reason, 'queue-full')
    assert.ok(kept >= 15 && kept <= 20, `${kept} of 500 bytes in 10,000`)
    assert.equal(queue.heldItems, kept * 3)
    assert.ok(queue.heldBytes <= 10_000)
    assert.deepEqual(
      drain(queue),
      Array.from({ length: kept }, (_, i) => i),
    )
    assert.deepEqual([queue.heldItems, queue.heldBytes], [0, 0])
    assert.equal(queue.push(parcel(7)), undefined, 'there is room again')
    assert.deepEqual(drain(queue), [7])
  })

  test(`${name}: what is done out of order makes no hole`, () => {
    const queue = make()
    for (let i = 0; i < 10; i++) queue.push(parcel(i))
    const taken = Array.from({ length: 10 }, () => queue.take()!)
    for (const i of [3, 1, 0, 2, 9, 8]) queue.done(taken[i]!)
    assert.equal(queue.heldItems, 4)
    for (const i of [4, 5, 6, 7]) queue.done(taken[i]!)
    assert.equal(queue.heldItems, 0)
  })
}

test('a queue on disk is there again, without what was done', () => {
  const directory = new MemoryDirectory()
  const before = new DiskQueue(directory, MIB)
  for (let i = 0; i < 50; i++) before.push(parcel(i, 20_000, 2))
  for (let i = 0; i < 20; i++) before.done(before.take()!)
  before.take()
  // No close: the process is gone.
  const after = new DiskQueue(directory, MIB)
  assert.equal(after.heldItems, 60)
  assert.equal(after.lost.size, 0)
  assert.deepEqual(
    drain(after),
    Array.from({ length: 30 }, (_, i) => i + 20),
  )
  assert.deepEqual(
    [...directory.files.keys()].filter((name) => name !== 'head'),
    [],
  )
})

test('a record that was cut off is counted by what it would have held', () => {
  const directory = new MemoryDirectory()
  const before = new DiskQueue(directory, MIB)
  for (let i = 0; i < 3; i++) before.push(parcel(i, 100, 10))
  const [name, bytes] = [...directory.files].find(([file]) => file.endsWith('segment'))!
  directory.files.set(name, bytes.subarray(0, bytes.length - 1))
  const after = new DiskQueue(directory, MIB)
  assert.deepEqual([...after.lost], [['cut-off', 10]])
  assert.equal(after.push(parcel(9)), undefined)
  assert.deepEqual(drain(after), [0, 1, 9])
})

test('damage in the middle costs what it hit, and says exactly how much', () => {
  const directory = new MemoryDirectory()
  const before = new DiskQueue(directory, 8 * 1000)
  // Some records a segment.
  for (let i = 0; i < 20; i++) before.push(parcel(i, 300, 5))
  const segments = [...directory.files.keys()].filter((name) => name.endsWith('segment'))
  assert.ok(segments.length > 3)
  // The head of the second record of the second segment.
  directory.files.get(segments[1]!)![332 + 5]! ^= 1
  // The body of the first record of the third.
  directory.files.get(segments[2]!)![40]! ^= 1
  const after = new DiskQueue(directory, 8 * 1000)
  const lostByHead = after.lost.get('damaged') ?? 0
  let lostByBody = 0
  let kept = 0
  for (let queued = after.take(); queued; queued = after.take()) {
    if (queued.parcel) kept += queued.itemCount
    else lostByBody += queued.itemCount
    after.done(queued)
  }
  assert.ok(lostByHead > 0)
  assert.equal(lostByBody, 5)
  assert.equal(kept + lostByHead + lostByBody, 100)
})

test('a full disk refuses, and spoils nothing that is there', () => {
  const directory = new MemoryDirectory()
  const queue = new DiskQueue(directory, MIB)
  queue.push(parcel(1))
  directory.bytesMax = 400
  assert.equal(queue.push(parcel(2, 1000)), 'disk-error')
  directory.bytesMax = MIB
  assert.equal(queue.push(parcel(3)), undefined)
  assert.deepEqual(drain(new DiskQueue(directory, MIB)), [1, 3])
})

test('whatever the bytes on disk are, a queue opens, and never gives what was not put in', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.nat(255) }), {
        maxLength: 6,
      }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.uint8Array({ maxLength: 64 }),
      (changes, cut, tail) => {
        const directory = new MemoryDirectory()
        const before = new DiskQueue(directory, 4000)
        for (let i = 0; i < 12; i++) before.push(parcel(i + 1, 150, 2))
        before.done(before.take()!)
        const names = [...directory.files.keys()]
        for (const { at, value } of changes) {
          const file = directory.files.get(names[Math.floor(at * names.length) % names.length]!)!
          file[Math.floor(at * 7919) % file.length] = value
        }
        const last = names.at(-1)!
        const bytes = directory.files.get(last)!
        directory.files.set(last, Buffer.concat([bytes.subarray(0, Math.ceil(cut * bytes.length)), tail]))
        const found = drain(new DiskQueue(directory, 4000))
        assert.ok(found.every((fill) => fill >= 1 && fill <= 12))
        assert.deepEqual(
          found,
          found.toSorted((a, b) => a - b),
        )
      },
    ),
    { seed: 11, numRuns: 300 },
  )
})

test('after kill -9 everything that was kept is there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-queue-'))
  try {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'kill-nine.fixture.ts'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let told = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text
      if (told.length > 20_000) child.kill('SIGKILL')
    })
    await once(child, 'close')
    const kept = told.split('\n').slice(0, -1).map(Number)
    const queue = new DiskQueue(diskQueueDirectory(folder), 512 * MIB)
    const found = new Set<number>()
    for (let queued = queue.take(); queued; queued = queue.take()) {
      found.add(new DataView(queued.parcel!.bytes.slice().buffer).getUint32(0))
      queue.done(queued)
    }
    queue[Symbol.dispose]()
    // Each third is done at once.
    const wanted = kept.filter((number) => number % 3 !== 0)
    assert.ok(wanted.length > 1000)
    assert.deepEqual(
      wanted.filter((number) => !found.has(number)),
      [],
    )
    assert.deepEqual(
      [...queue.lost.keys()].filter((reason) => reason !== 'cut-off' && reason !== 'damaged-end'),
      [],
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
