import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { EbpfError } from '../error.ts'
import { bpftool, NEEDS_BPF, NEEDS_BPFTOOL, TESTDATA, testSpec } from '../testing/bpf-test.ts'
import { BpfMap } from './bpf-map.ts'
import { Collection } from './collection.ts'
import { Program } from './program.ts'

const BPFFS = '/sys/fs/bpf'

/** Ethernet, IPv4, nothing in it. */
const PACKET = new Uint8Array(64)

/** What the hook programs that any host takes are. */
const LOADABLE = [
  'on_tp_btf',
  'on_raw_tp',
  'on_tracepoint',
  'on_connect4',
  'on_egress',
  'on_sock_release',
  'on_perf_event',
  'each_task',
  'each_tcp',
]

interface Listed {
  readonly id: number
  readonly tag?: string
}

test('a loaded program runs, with its functions, variables and callbacks', NEEDS_BPF, () => {
  const spec = testSpec('map-kinds.bpf.o')
  spec.variables.get('step')!.set(1000)
  spec.variables.get('offset')!.set(-50)
  using collection = Collection.load(spec)
  const runs = 5
  const { returned } = collection.program('count').testRun({ data: PACKET, repeat: runs })
  // The Ethernet header is taken off for socket programs.
  assert.equal(returned | 0, (64 - 14) * 2 + 1000 - 50)
  const counters = collection.map('counters')
  assert.deepEqual(counters.lookup(new Uint8Array(4)), new Uint8Array([runs, 0, 0, 0]))
  counters.update(new Uint8Array([9, 0, 0, 0]), new Uint8Array([100, 0, 0, 0]))
  assert.equal(collection.program('sum_counters').testRun({ data: PACKET }).returned, runs + 100)
  using data = collection.map('.bss').mmap()
  assert.equal(new DataView(data.bytes.buffer).getBigUint64(0, true), BigInt(runs))
  assert.throws(() => collection.map('.rodata').update(new Uint8Array(4), new Uint8Array(12)), {
    code: 'permission',
  })
})

test('the kernel sees the same programs as from libbpf, whoever relocates', NEEDS_BPFTOOL, () => {
  const pinned = mkdtempSync(join(BPFFS, 'quadrant-test-'))
  try {
    for (const [object, programs] of [
      ['map-kinds.bpf.o', ['count', 'sum_counters']],
      ['kernel-types.bpf.o', ['fields', 'questions', 'bits']],
    ] as const) {
      execFileSync('bpftool', [
        'prog',
        'loadall',
        join(TESTDATA, object),
        join(pinned, object.split('.')[0]!),
      ])
      const paths = programs.map((name) => join(pinned, object.split('.')[0]!, name))
      const expected = paths.map((path) => tagOf(Program.openPinned(path)))
      for (const relocate of ['kernel', 'user', 'auto'] as const) {
        using collection = Collection.load(testSpec(object), { relocate })
        const tags = programs.map((name) => tagOf(collection.program(name), false))
        assert.deepEqual(tags, expected, `${object}, relocated by ${relocate}`)
      }
    }
  } finally {
    rmSync(pinned, { recursive: true })
  }
})

/** The digest of the instructions after linking and relocating, map descriptors left out. */
function tagOf(program: Program, dispose = true): string {
  const { tag } = bpftool('prog', 'show', 'id', String(program.id)) as Listed
  if (dispose) program[Symbol.dispose]()
  return tag!
}

test('a program that the verifier refuses says why, short and complete', NEEDS_BPF, () => {
  assert.throws(
    () => Collection.load(testSpec('hooks.bpf.o'), { programs: ['refused'] }),
    (error) => {
      assert.ok(error instanceof EbpfError)
      assert.equal(error.code, 'verifier')
      assert.equal(error.errnoName, 'EACCES')
      assert.match(error.message, /refused .*invalid mem access 'map_value_or_null'$/)
      // The whole log, source lines and all.
      assert.match(error.log!, /; return \*value;/)
      assert.match(error.log!, /processed \d+ insns/)
      return true
    },
  )
})

for (const relocate of ['kernel', 'user'] as const)
  test(`a field the kernel does not have is told by name (relocated by ${relocate})`, NEEDS_BPF, () => {
    assert.throws(() => Collection.load(testSpec('relocations.bpf.o'), { relocate }), {
      code: 'unsupported',
      message: /needs what this kernel does not have: struct machine\.id$/,
    })
  })

test('a hook the kernel does not have is told by name', NEEDS_BPF, () => {
  const spec = testSpec('hooks.bpf.o')
  const program = spec.programs.get('on_tp_btf')!
  const kind = { ...program.kind, target: 'no_such_hook' }
  const programs = new Map([['x', { ...program, name: 'x', kind, section: 'tp_btf/no_such_hook' }]])
  assert.throws(() => Collection.load({ ...spec, programs }), { code: 'not-found', message: /no_such_hook/ })
  assert.throws(() => Collection.load(spec, { programs: ['nothing'] }), { code: 'not-found' })
})

test('a subset brings only the maps it needs, and given maps are used', NEEDS_BPF, () => {
  const spec = testSpec('map-kinds.bpf.o')
  using counters = BpfMap.create(spec.maps.get('counters')!)
  {
    using collection = Collection.load(spec, { programs: ['sum_counters'], maps: { counters } })
    assert.deepEqual([...collection.maps.keys()], ['counters'])
    assert.throws(() => collection.program('count'), { code: 'not-found' })
    counters.update(new Uint8Array(4), new Uint8Array([42, 0, 0, 0]))
    assert.equal(collection.program('sum_counters').testRun({ data: PACKET }).returned, 42)
  }
  assert.ok(counters.lookup(new Uint8Array(4)), 'the map outlives the collection that borrowed it')
})

test('pinned maps are shared by name, programs live on under a path', NEEDS_BPF, () => {
  const pinRoot = mkdtempSync(join(BPFFS, 'quadrant-test-'))
  try {
    const spec = testSpec('map-kinds.bpf.o')
    spec.maps.get('counters')!.pinning = 'by-name'
    {
      using first = Collection.load(spec, { pinRoot })
      first.map('counters').update(new Uint8Array(4), new Uint8Array([7, 0, 0, 0]))
      first.program('sum_counters').pin(join(pinRoot, 'programs', 'sum'))
    }
    using second = Collection.load(spec, { pinRoot })
    assert.deepEqual(second.map('counters').lookup(new Uint8Array(4)), new Uint8Array([7, 0, 0, 0]))
    using sum = Program.openPinned(join(pinRoot, 'programs', 'sum'))
    assert.equal(sum.name, 'sum_counters')
    assert.equal(sum.testRun({ data: PACKET }).returned, 7)
    assert.throws(() => sum.attach(), { code: 'argument' })
    assert.throws(() => Program.openPinned(join(pinRoot, 'counters')), {
      code: 'argument',
      message: /bpf-map/,
    })
    assert.throws(() => BpfMap.openPinned(join(pinRoot, 'programs', 'sum')), { code: 'argument' })
    spec.maps.get('counters')!.maxEntries = 5
    assert.throws(() => Collection.load(spec, { pinRoot }), { code: 'exists' })
  } finally {
    rmSync(pinRoot, { recursive: true })
  }
})

test('nothing is left behind: by dispose, by a failed load', NEEDS_BPF, () => {
  const before = open()
  const counters = BpfMap.create(testSpec('map-kinds.bpf.o').maps.get('counters')!)
  counters[Symbol.dispose]()
  const others = BpfMap.create(testSpec('map-kinds.bpf.o').maps.get('counters')!)
  assert.equal(others.fd, counters.fd)
  counters[Symbol.dispose]()
  assert.ok(others.lookup(new Uint8Array(4)), 'the second dispose closed nothing')
  others[Symbol.dispose]()
  {
    using _maps = Collection.load(testSpec('map-kinds.bpf.o'))
    using _hooks = Collection.load(testSpec('hooks.bpf.o'), { programs: LOADABLE })
    assert.ok(open() > before)
  }
  assert.throws(() => Collection.load(testSpec('hooks.bpf.o'), { programs: [...LOADABLE, 'refused'] }))
  assert.equal(open(), before)
})

/** Open BPF objects of this process: other tests of the machine load and unload meanwhile. */
function open(): number {
  const fds = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return /bpf|btf/.test(readlinkSync(`/proc/self/fd/${fd}`))
    } catch {
      return false
    }
  })
  return fds.length
}
