import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemPipelineClock } from '../clock.ts'
import { Ledger } from '../ledger.ts'
import { Parcel } from '../parcel.ts'
import { DiskQueue } from '../queue/disk-queue.ts'
import { MemoryQueue } from '../queue/memory-queue.ts'
import type { SendQueue } from '../queue/send-queue.ts'
import { encodeRetryInfo } from '../receiver/retry-info.ts'
import { MemoryDirectory } from '../testing/memory-directory.ts'
import { retryAfterMs } from './otlp-http.ts'
import { QueuedExporter } from './queued-exporter.ts'
import { RetryDelay } from './retry-delay.ts'
import { retryInfoMs } from './retry-info.ts'
import type { Outcome } from './sender.ts'

const RETRY = { isEnabled: true, initialMs: 1, maxMs: 2, multiplier: 2, randomization: 0, elapsedMaxMs: 0 }
const sent: Outcome = { kind: 'sent', rejectedCount: 0, message: '' }
const away: Outcome = { kind: 'retry', message: 'away' }

function exporter(
  answers: (parcel: Parcel) => Outcome,
  queue: SendQueue = new MemoryQueue(10_000),
  retry = RETRY,
) {
  const ledger = new Ledger().stage('exporter')
  const problems: string[] = []
  return {
    ledger,
    problems,
    running: new QueuedExporter({
      queue,
      sender: { send: async (parcel) => answers(parcel), [Symbol.asyncDispose]: async () => {} },
      retry,
      consumerCount: 2,
      ledger,
      clock: systemPipelineClock,
      random: () => 0.5,
      onProblem: (message) => void problems.push(message),
    }),
  }
}

const parcel = (fill: number, items = 10) => Parcel.ofBytes('traces', new Uint8Array(100).fill(fill), items)

function counts({ ledger }: { ledger: ReturnType<typeof exporter>['ledger'] }) {
  const { seen, kept, held, dropped } = ledger.counts()
  return {
    seen,
    kept,
    held,
    dropped: Object.fromEntries(dropped.map(({ reason, count }) => [reason, count])),
  }
}

test('a parcel is tried until it is taken', async () => {
  let attempts = 0
  const one = exporter(() => (++attempts < 5 ? away : sent))
  one.running.consume(parcel(1))
  await one.running.close(5000)
  assert.equal(attempts, 5)
  assert.deepEqual(counts(one), { seen: 10, kept: 10, held: 0, dropped: {} })
  assert.equal(one.problems.length, 4)
})

test('what is refused, taken in part or too old is dropped under its reason', async () => {
  const one = exporter((tried): Outcome =>
    tried.bytes[0] === 1
      ? { kind: 'refused', reason: 'http-400', message: 'no' }
      : { kind: 'sent', rejectedCount: 3, message: 'three' },
  )
  one.running.consume(parcel(1))
  one.running.consume(parcel(2))
  await one.running.close(5000)
  assert.deepEqual(counts(one), { seen: 20, kept: 7, held: 0, dropped: { 'http-400': 10, rejected: 3 } })
  const old = exporter(() => away, new MemoryQueue(10_000), { ...RETRY, elapsedMaxMs: 5 })
  old.running.consume(parcel(1))
  await old.running.close(5000)
  assert.deepEqual(counts(old), { seen: 10, kept: 0, held: 0, dropped: { 'gave-up': 10 } })
  const never = exporter(() => away, new MemoryQueue(10_000), { ...RETRY, isEnabled: false })
  never.running.consume(parcel(1))
  await never.running.close(5000)
  assert.deepEqual(counts(never).dropped, { 'gave-up': 10 })
})

test('at the end memory is counted as dropped, and a disk keeps what it has', async () => {
  const memory = exporter(() => away)
  memory.running.consume(parcel(1))
  await memory.running.close(0)
  assert.deepEqual(counts(memory), { seen: 10, kept: 0, held: 0, dropped: { shutdown: 10 } })
  memory.running.consume(parcel(2))
  assert.deepEqual(counts(memory).dropped, { shutdown: 10, closed: 10 })
  const directory = new MemoryDirectory()
  const disk = exporter(() => away, new DiskQueue(directory, 10_000))
  disk.running.consume(parcel(1))
  disk.running.consume(parcel(2))
  await disk.running.close(0)
  assert.deepEqual(counts(disk), { seen: 20, kept: 0, held: 20, dropped: {} })
  const found: number[] = []
  const again = exporter(
    (tried) => {
      found.push(tried.bytes[0]!)
      return sent
    },
    new DiskQueue(directory, 10_000),
  )
  await again.running.close(5000)
  assert.deepEqual(
    found.sort((a, b) => a - b),
    [1, 2],
  )
  assert.deepEqual(counts(again), { seen: 20, kept: 20, held: 0, dropped: {} })
})

test('pauses grow, are spread, and are never shorter than the backend asks', () => {
  const options = { ...RETRY, initialMs: 100, maxMs: 1000, randomization: 0.5 }
  const middle = new RetryDelay(options, () => 0.5)
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => middle.nextMs()),
    [100, 200, 400, 800, 1000],
  )
  assert.equal(new RetryDelay(options, () => 0).nextMs(), 50)
  assert.equal(new RetryDelay(options, () => 1 - 1e-9).nextMs() > 149, true)
  assert.equal(middle.nextMs(5000), 5000)
  assert.equal(middle.nextMs(1e15), 3_600_000, 'a wrong clock stops us for an hour at most')
})

test('Retry-After: seconds, a date, or neither (RFC 9110)', () => {
  const now = Date.parse('Sun, 06 Nov 1994 08:49:00 GMT')
  assert.equal(retryAfterMs('120', now), 120_000)
  assert.equal(retryAfterMs('Sun, 06 Nov 1994 08:49:37 GMT', now), 37_000)
  assert.equal(retryAfterMs('Sun, 06 Nov 1994 08:00:00 GMT', now), 0)
  for (const none of [undefined, '', 'soon', '-1', '99999999999999'])
    assert.equal(retryAfterMs(none, now), undefined, none ?? 'none')
})

test('RetryInfo: what it says, and nothing where the bytes are none', () => {
  const status = encodeRetryInfo(14, 'busy', 2750)
  assert.equal(retryInfoMs(status), 2750)
  assert.equal(retryInfoMs(new Uint8Array()), undefined)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(status.length - 1), fc.nat(255)), { maxLength: 3 }),
      fc.nat(status.length),
      (changes, cut) => {
        const damaged = Uint8Array.from(status.subarray(0, cut))
        for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value
        const ms = retryInfoMs(damaged)
        assert.ok(ms === undefined || ms >= 0)
      },
    ),
    { seed: 8, numRuns: 1000 },
  )
})
