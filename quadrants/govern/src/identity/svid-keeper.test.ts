import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSigningRequest } from './signing-request.ts'
import { createRoot } from './signing-root.ts'
import { parseSpiffeId } from './spiffe-id.ts'
import { SvidKeeper, type HeldSvid } from './svid-keeper.ts'
import { issueSvid } from './svid.ts'

const START_MS = Date.UTC(2026, 0, 1)
const LIFETIME_MS = 3_600_000
const root = await createRoot({ trustDomain: 'shop.example', lifetimeMs: 24 * LIFETIME_MS, nowMs: START_MS })

class StillClock {
  ms = START_MS
  readonly timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()

  nowMs(): number {
    return this.ms
  }

  after(delayMs: number, callback: () => void): Disposable {
    const timer = { atMs: this.ms + delayMs, callback }
    this.timers.add(timer)
    return { [Symbol.dispose]: () => void this.timers.delete(timer) }
  }

  /** To the next timer. @returns how far that was */
  fire(): number {
    const next = [...this.timers].toSorted((one, other) => one.atMs - other.atMs)[0]!
    const waitedMs = next.atMs - this.ms
    this.ms = next.atMs
    this.timers.delete(next)
    next.callback()
    return waitedMs
  }
}

async function sign(request: Uint8Array, nowMs: number) {
  const id = parseSpiffeId('spiffe://shop.example/cart')
  const svid = await issueSvid(root, await readSigningRequest(request), {
    id,
    lifetimeMs: LIFETIME_MS,
    nowMs,
  })
  return { svid, trusted: [root.certificate.toString('pem')] }
}

test('another key and certificate at half life, proved by the one before, and nothing left', async () => {
  const clock = new StillClock()
  const proofs: (string | undefined)[] = []
  const told: HeldSvid[] = []
  const keeper = new SvidKeeper({
    clock,
    random: () => 0.5,
    ask: (request, held) => {
      proofs.push(held?.svid.serialNumber)
      return sign(request, clock.ms)
    },
  })
  using _listening = keeper.listen((held) => told.push(held))
  await keeper.rotate()
  for (let turn = 0; turn < 3; turn++) {
    assert.equal(clock.fire(), LIFETIME_MS / 2)
    await keeper.rotate()
  }
  assert.deepEqual(proofs, [undefined, ...told.slice(0, 3).map(({ svid }) => svid.serialNumber)])
  assert.equal(new Set(told.map(({ key }) => key)).size, 4)
  assert.equal(clock.timers.size, 1)
  await keeper[Symbol.asyncDispose]()
  await keeper.rotate()
  assert.deepEqual([clock.timers.size, keeper.rotatedCount], [0, 4])
})

test('it backs off, keeps what it has until that is over, and takes nothing that is not its own', async () => {
  const clock = new StillClock()
  const other: { request?: Uint8Array } = {}
  let fails = false
  const keeper = new SvidKeeper({
    clock,
    random: () => 1,
    ask: (request) => {
      const signed = fails ? other.request! : request
      other.request ??= request
      return sign(signed, clock.ms)
    },
  })
  await keeper.rotate()
  const first = keeper.held
  fails = true
  clock.fire()
  await keeper.rotate()
  assert.match(keeper.lastError!.message, /not for the key/)
  assert.equal(keeper.held, first)
  const waits: number[] = []
  for (let turn = 0; turn < 8; turn++) {
    waits.push(clock.fire())
    await keeper.rotate()
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  clock.ms = first!.svid.expiresMs
  assert.equal(keeper.held, undefined)
  fails = false
  await keeper.rotate()
  assert.ok(keeper.held !== undefined && keeper.failedCount === 9 && keeper.lastError === undefined)
  await keeper[Symbol.asyncDispose]()
  assert.equal(clock.timers.size, 0)
})

test('who never answers is left after a while, and does not hold up the end', async () => {
  const clock = new StillClock()
  const asked = [Promise.withResolvers<AbortSignal>(), Promise.withResolvers<AbortSignal>()]
  let count = 0
  const keeper = new SvidKeeper({
    clock,
    random: () => 1,
    ask: (_request, _held, signal) => {
      asked[count++]!.resolve(signal)
      return new Promise(() => {})
    },
  })
  const first = keeper.rotate()
  const signal = await asked[0]!.promise
  assert.equal(clock.fire(), 30_000)
  await first
  assert.ok(signal.aborted && keeper.failedCount === 1)
  const second = keeper.rotate()
  await asked[1]!.promise
  await keeper[Symbol.asyncDispose]()
  await second
  assert.equal(clock.timers.size, 0)
})

test('an end while the key is made asks nobody, and a listener that fails is none of the rotation', async () => {
  const clock = new StillClock()
  let asked = 0
  const ask = (request: Uint8Array) => {
    asked++
    return sign(request, clock.ms)
  }
  const ended = new SvidKeeper({ clock, random: () => 1, ask })
  const rotating = ended.rotate()
  await ended[Symbol.asyncDispose]()
  await rotating
  assert.deepEqual([asked, clock.timers.size], [0, 0])
  const keeper = new SvidKeeper({ clock, random: () => 1, ask })
  const told: HeldSvid[] = []
  using _failing = keeper.listen(() => assert.fail('it fails'))
  using _listening = keeper.listen((held) => told.push(held))
  await keeper.rotate()
  assert.deepEqual([told.length, keeper.failedCount, clock.timers.size], [1, 0, 1])
  await keeper[Symbol.asyncDispose]()
})
