import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Collection } from '../object/collection.ts'
import { NEEDS_BPF, testSpec } from '../testing/bpf-test.ts'
import { Hotcall, NEEDS_GO } from '../testing/hotcall.ts'
import { openRingBuffer } from './ring-buffer.ts'
import { ReaderThread, readInThread } from './reader-thread.ts'

const MODULE = new URL('./stamp-reader.fixture.ts', import.meta.url)
const PACKAGE = join(import.meta.dirname, '../..')
const PUSH_RBP = 0x55

const hotcall = NEEDS_GO.skip ? undefined : new Hotcall()
after(() => hotcall?.[Symbol.dispose]())

interface Delays {
  readonly delaysNs: readonly number[]
  readonly batchCount: number
}

function load(): Collection {
  return Collection.load(testSpec('uprobes.bpf.o'), { programs: ['on_uprobe_stamp'] })
}

for (const [how, spinMs, realtime] of [
  ['sleeps', 0, false],
  ['spins', 5, false],
  ['sleeps, and runs before others,', 0, true],
] as const)
  test(`a thread that ${how} until there are records gets each of them, soon`, NEEDS_GO, async (t) => {
    const COUNT = 300
    using collection = load()
    await using target = hotcall!.start()
    const { code, offset } = hotcall!.functionNamed('main.framed')
    using _link = collection.program('on_uprobe_stamp').attachUprobe({
      path: hotcall!.program,
      sites: [{ offset: offset + code.indexOf(PUSH_RBP) }],
    })
    const thread = new ReaderThread(MODULE, {
      map: collection.map('stamps'),
      spinMs,
      realtime,
      data: { asked: spinMs },
    })
    const messages: unknown[] = []
    thread.worker.on('message', (message) => messages.push(message))
    await once(thread.worker, 'message')
    await target.pace(COUNT, 1000)
    await thread[Symbol.asyncDispose]()
    await thread[Symbol.asyncDispose]()
    assert.deepEqual(messages[0], { data: { asked: spinMs } })
    const { delaysNs, batchCount } = messages[1] as Delays
    assert.equal(delaysNs.length, COUNT)
    // A poll by the slices of a wait would have read them in a handful.
    assert.ok(batchCount > COUNT / 10, `${batchCount} batches`)
    const sorted = delaysNs.toSorted((a, b) => a - b)
    const median = sorted[COUNT >> 1]!
    t.diagnostic(`delay, µs: median ${median / 1000}, p99 ${sorted[Math.floor(COUNT * 0.99)]! / 1000}`)
    assert.ok(sorted[0]! > 0)
    // No goal, only what tells an event from a poll: the slices of a wait are 200 ms.
    assert.ok(median < 5e6, `median ${median} ns`)
  })

test(
  'an idle thread ends at once; so does one that is terminated, or whose process exits',
  NEEDS_BPF,
  async () => {
    using collection = load()
    const begin = performance.now()
    for (const spinMs of [0, 200]) {
      const thread = new ReaderThread(MODULE, { map: collection.map('stamps'), spinMs })
      await once(thread.worker, 'message')
      const asked = performance.now()
      await thread[Symbol.asyncDispose]()
      assert.ok(performance.now() - asked < 5000)
    }
    // Not even begun.
    await new ReaderThread(MODULE, { map: collection.map('stamps') })[Symbol.asyncDispose]()
    const terminated = new ReaderThread(MODULE, { map: collection.map('stamps') })
    await once(terminated.worker, 'message')
    await terminated.worker.terminate()
    await terminated[Symbol.asyncDispose]()
    assert.ok(performance.now() - begin < 60_000)

    for (const end of [
      'process.exit(3)',
      'setImmediate(() => { throw new Error("end") })',
      'process.kill(process.pid, "SIGTERM")',
    ]) {
      const script = `
      import { readFileSync } from 'node:fs'
      import { once } from 'node:events'
      import { Collection, parseCollection, ReaderThread } from '@quadrant/ebpf'
      const { value } = parseCollection(readFileSync('testdata/uprobes.bpf.o'))
      const collection = Collection.load(value, { programs: ['on_uprobe_stamp'] })
      const thread = new ReaderThread(new URL(${JSON.stringify(MODULE.href)}), { map: collection.map('stamps') })
      await once(thread.worker, 'message')
      await new Promise((resolve) => setTimeout(resolve, 20))
      ${end}`
      const args = ['--input-type=module', '--eval', script]
      assert.throws(
        () =>
          execFileSync(process.execPath, args, {
            cwd: PACKAGE,
            timeout: 30_000,
            killSignal: 'SIGKILL',
            stdio: 'ignore',
          }),
        (error: { readonly status: number | null; readonly signal: string | null }) =>
          error.status === 3 || error.status === 1 || error.signal === 'SIGTERM',
        end,
      )
    }
  },
)

test('an error within ends the thread, and is told by the worker', NEEDS_BPF, async () => {
  using collection = load()
  const thread = new ReaderThread(MODULE, { map: { fd: collection.map('stamps').fd, maxEntries: 12_345 } })
  const [error] = (await once(thread.worker, 'error')) as [Error]
  assert.match(error.message, /12345|multiples/)
  await thread[Symbol.asyncDispose]()
  assert.throws(
    () => new ReaderThread(MODULE, { map: collection.map('stamps'), spinMs: 1, realtime: true }),
    {
      code: 'argument',
    },
  )
  assert.throws(() => readInThread(() => ({ onRecord: () => undefined })), { code: 'argument' })
})

test('a wait that spins ends with data, with time, and with an interruption', NEEDS_BPF, () => {
  using collection = Collection.load(testSpec('rings.bpf.o'))
  using reader = openRingBuffer(collection.map('ring'))
  const begin = performance.now()
  assert.equal(reader.wait(20, 10), false)
  assert.equal(reader.wait(20, 200), false)
  const waitedMs = performance.now() - begin
  assert.ok(waitedMs >= 39 && waitedMs < 1000, `${waitedMs} ms`)
  reader.interrupt()
  assert.equal(reader.wait(60_000, 200), false)
  const context = new Uint8Array(BigUint64Array.of(0n, 1n).buffer)
  collection.program('fill_ring').testRun({ context })
  assert.equal(reader.wait(60_000, 200), true)
  assert.throws(() => reader.wait(1000, 201), { code: 'argument' })
  assert.throws(() => reader.wait(1000, -1), { code: 'argument' })
})
