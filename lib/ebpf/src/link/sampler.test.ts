import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { after, test } from 'node:test'
import { EbpfError } from '../error.ts'
import { Collection } from '../object/collection.ts'
import { parseCpuList } from '../object/cpu-list.ts'
import { onlineCpus } from '../object/online-cpus.ts'
import { openRingBuffer } from '../ring/ring-buffer.ts'
import { bpftool, NEEDS_BPF, testSpec } from '../testing/bpf-test.ts'
import { type BuiltFunction, Hotcall, NEEDS_GO } from '../testing/hotcall.ts'

const hotcall = NEEDS_GO.skip ? undefined : new Hotcall()
after(() => hotcall?.[Symbol.dispose]())

/** `enum outcome` of samples.bpf.c. */
const OUTCOMES = ['sampled', 'withoutUserStack', 'withoutKernelStack', 'collided', 'full'] as const
const STACK_BYTES = 24 + 2 * 127 * 8

function load(program: string, targetTgid = 0, stackCount = 4096): Collection {
  const spec = testSpec('samples.bpf.o')
  spec.variables.get('target_tgid')!.set(targetTgid)
  spec.maps.get('stacks')!.maxEntries = stackCount
  return Collection.load(spec, { programs: [program] })
}

function outcomes(collection: Collection): Record<(typeof OUTCOMES)[number], number> {
  const map = collection.map('outcomes')
  const counts = OUTCOMES.map((_, index) => {
    const perCpu = map.lookup(new Uint8Array(Uint32Array.of(index).buffer))!
    return Number(new BigUint64Array(perCpu.slice().buffer).reduce((sum, each) => sum + each, 0n))
  })
  return Object.fromEntries(OUTCOMES.map((name, index) => [name, counts[index]!])) as ReturnType<
    typeof outcomes
  >
}

interface Sample {
  readonly tgid: number
  readonly pid: number
  readonly count: number
  readonly kernel: readonly number[]
  readonly user: readonly number[]
}

/** A `struct stack`. */
function sampleAt(view: DataView, at: number): Sample {
  const frames = (from: number, bytes: number) =>
    Array.from({ length: bytes / 8 }, (_, i) => Number(view.getBigUint64(at + 24 + from + i * 8, true)))
  const kernelBytes = view.getUint32(at + 16, true)
  return {
    count: Number(view.getBigUint64(at, true)),
    tgid: view.getUint32(at + 8, true),
    pid: view.getUint32(at + 12, true),
    kernel: frames(0, kernelBytes),
    user: frames(kernelBytes, view.getUint32(at + 20, true)),
  }
}

/** Reads the counted stacks and takes them away. */
function takeWhole(collection: Collection): Sample[] {
  const samples: Sample[] = []
  collection.map('stack_counts').lookupAndDeleteBatch((_, values, count) => {
    const view = new DataView(values.buffer, values.byteOffset)
    for (let i = 0; i < count; i++) samples.push(sampleAt(view, i * STACK_BYTES))
  })
  return samples
}

function takeById(collection: Collection): Sample[] {
  const samples: Sample[] = []
  const stacks = collection.map('stacks')
  const used = new Set<number>()
  const frames = (id: number) => {
    if (id < 0) return []
    used.add(id)
    const value = stacks.lookup(new Uint8Array(Int32Array.of(id).buffer))
    const all = value === undefined ? [] : Array.from(new BigUint64Array(value.slice().buffer), Number)
    const end = all.indexOf(0)
    return end === -1 ? all : all.slice(0, end)
  }
  collection.map('id_counts').lookupAndDeleteBatch((keys, values, count) => {
    const key = new DataView(keys.buffer, keys.byteOffset)
    const value = new DataView(values.buffer, values.byteOffset)
    for (let i = 0; i < count; i++)
      samples.push({
        tgid: key.getUint32(i * 16, true),
        pid: key.getUint32(i * 16 + 4, true),
        kernel: frames(key.getInt32(i * 16 + 8, true)),
        user: frames(key.getInt32(i * 16 + 12, true)),
        count: Number(value.getBigUint64(i * 8, true)),
      })
  })
  for (const id of used) stacks.delete(new Uint8Array(Int32Array.of(id).buffer))
  return samples
}

function takeSent(collection: Collection): Sample[] {
  using reader = openRingBuffer(collection.map('stack_records'))
  const samples: Sample[] = []
  reader.drain((words, at) => samples.push(sampleAt(new DataView(words.buffer), at * 4)))
  return samples
}

const isIn =
  ({ address, code }: BuiltFunction) =>
  (frame: number) =>
    frame >= address && frame < address + code.length
const sum = (samples: readonly Sample[]) => samples.reduce((total, { count }) => total + count, 0)

for (const [program, take] of [
  ['count_by_id', takeById],
  ['count_whole', takeWhole],
  ['send_whole', takeSent],
] as const)
  test(
    `${program}: a busy process is seen, with its stack down to main, on whatever processor`,
    NEEDS_GO,
    async () => {
      await using target = hotcall!.start()
      const DEPTH = 20
      const FREQUENCY_HZ = 99
      const MILLISECONDS = 1500
      using collection = load(program, target.pid)
      const begin = cpuMs(target.pid)
      {
        using link = collection.program(program).attachSampler({ frequencyHz: FREQUENCY_HZ })
        assert.equal(link.eventCount, onlineCpus().length)
        await target.spin(MILLISECONDS, DEPTH)
      }
      const busyMs = cpuMs(target.pid) - begin
      const samples = take(collection)
      const { sampled, collided, full } = outcomes(collection)
      assert.deepEqual({ collided, full }, { collided: 0, full: 0 })
      assert.equal(sum(samples), sampled)
      // What the kernel accounts to the process: within a tenth and, where others take turns with it, chance.
      const expected = (busyMs / 1000) * FREQUENCY_HZ
      assert.ok(
        Math.abs(sampled - expected) < expected / 10 + 2 * Math.sqrt(expected),
        `${sampled} samples, ${expected} expected`,
      )
      const deep = hotcall!.functionNamed('main.deep')
      const main = hotcall!.functionNamed('main.main')
      const whole = samples.filter(
        ({ user }) => user.filter(isIn(deep)).length === DEPTH && user.some(isIn(main)),
      )
      const busy = samples.filter(({ user }) => user.some(isIn(deep)))
      assert.ok(sum(whole) >= 0.95 * sum(busy), `${sum(whole)} of ${sum(busy)} samples have the whole stack`)
      // The rest is the runtime's own, which is much where a processor is emulated.
      assert.ok(sum(busy) >= 0.7 * sampled, `${sum(busy)} of ${sampled} samples in the hot function`)
      for (const { tgid } of samples) assert.equal(tgid, target.pid)
      assert.ok(samples.every(({ kernel }) => kernel.every((frame) => frame > 2 ** 63)))
      assert.deepEqual(take(collection), [], 'what was taken is gone')
      assert.equal(await target.end(), 0)
    },
  )

test(
  'of one process: its threads of now and of later, no other process, and nothing once over',
  NEEDS_GO,
  async () => {
    await using target = hotcall!.start()
    await using other = hotcall!.start()
    await target.call('framed', 1)
    using collection = load('count_whole')
    const known = new Set(readdirSync(`/proc/${target.pid}/task`).map(Number))
    {
      using link = collection.program('count_whole').attachSampler({ frequencyHz: 499, pid: target.pid })
      assert.equal(link.eventCount, known.size)
      // Goroutines that hold their threads: the runtime must make new ones.
      await Promise.all([target.call('framed', 3_000_000, 12), other.spin(300, 3)])
    }
    const samples = takeWhole(collection)
    assert.deepEqual([...new Set(samples.map(({ tgid }) => tgid))], [target.pid])
    const threads = new Set(samples.map(({ pid }) => pid))
    assert.ok(
      [...threads].some((thread) => !known.has(thread)),
      `threads ${[...threads].join()}`,
    )
    await target.spin(50, 3)
    assert.deepEqual(takeWhole(collection), [])
  },
)

test(
  'a stack map that is too small loses stacks by collision, and each loss is counted',
  NEEDS_GO,
  async () => {
    await using target = hotcall!.start()
    using collection = load('count_by_id', target.pid, 2)
    {
      using _link = collection.program('count_by_id').attachSampler({ frequencyHz: 999 })
      for (let depth = 1; depth <= 40; depth++) await target.spin(20, depth)
    }
    const samples = takeById(collection)
    const { sampled, collided, withoutUserStack, full } = outcomes(collection)
    const lost = samples.filter(({ user }) => user.length === 0)
    assert.ok(collided > 0)
    assert.equal(sum(samples) + full, sampled)
    // The kernel's stacks collide as well; a user stack is lost by collision or was not there.
    assert.ok(
      sum(lost) <= collided + withoutUserStack && sum(lost) > 0,
      `${sum(lost)} of ${collided} collisions`,
    )
  },
)

test('all processes: the idle ones cost no sample, this one is seen', NEEDS_BPF, async () => {
  using collection = load('send_whole')
  {
    using _link = collection.program('send_whole').attachSampler({ frequencyHz: 99 })
    const until = performance.now() + 500
    while (performance.now() < until);
    await setTimeout(100)
  }
  const samples = takeSent(collection)
  assert.ok(samples.some(({ tgid }) => tgid === process.pid))
  assert.ok(samples.every(({ pid }) => pid !== 0))
})

test(
  'what cannot be sampled is told by its code; cycles are counted or refused as unsupported',
  NEEDS_GO,
  async () => {
    using collection = load('count_whole')
    const program = collection.program('count_whole')
    const links = () => (bpftool('link', 'show') as readonly unknown[]).length
    const before = links()
    const refused = (target: Parameters<typeof program.attachSampler>[0], code: string) =>
      assert.throws(() => program.attachSampler(target), { name: 'EbpfError', code })
    refused({ frequencyHz: 0 }, 'argument')
    refused({ frequencyHz: 1.5 }, 'argument')
    refused({ frequencyHz: 10_000_000 }, 'argument')
    refused({ frequencyHz: 19, pid: 4_194_999 }, 'not-found')
    try {
      using link = program.attachSampler({ frequencyHz: 99, clock: 'cycles' })
      assert.equal(link.eventCount, onlineCpus().length)
      const until = performance.now() + 200
      while (performance.now() < until);
      assert.ok(outcomes(collection).sampled > 0)
    } catch (error) {
      assert.ok(error instanceof EbpfError && error.code === 'unsupported', String(error))
    }
    assert.equal(links(), before)
  },
)

test('lists of processors', () => {
  assert.deepEqual(parseCpuList('0-3,8\n'), [0, 1, 2, 3, 8])
  assert.deepEqual(parseCpuList('0'), [0])
  for (const list of ['', 'a', '0-', '3-1', '0-9999999999', '1,,2'])
    assert.throws(() => parseCpuList(list), { code: 'system' }, list)
})

/** Processor time of a process so far. */
function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  return threads.reduce(
    (total, thread) =>
      total + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1e6,
    0,
  )
}
