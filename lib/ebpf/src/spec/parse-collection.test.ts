import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readTestObject, testSpec } from '../testing/bpf-test.ts'
import { mutated } from '../testing/mutated.ts'
import { parseCollection } from './parse-collection.ts'
import { sectionKindOf } from './section-kind.ts'

test('an object’s programs, maps and variables are read', () => {
  const spec = testSpec('map-kinds.bpf.o')
  assert.equal(spec.license, 'Dual BSD/GPL')
  assert.deepEqual([...spec.programs.keys()], ['count', 'sum_counters'])
  assert.deepEqual(
    [...spec.maps.values()]
      .map((m) => `${m.name} ${m.type} ${m.keyBytes} ${m.valueBytes} ${m.maxEntries}`)
      .sort(),
    [
      '.bss array 4 8 1',
      '.data array 4 12 1',
      '.rodata array 4 12 1',
      'counters array 4 4 1000',
      'events ringbuf 0 0 4096',
      'flows hash 8 48 4096',
      'outer hash_of_maps 4 4 4',
      'per_cpu_array percpu_array 4 8 8',
      'per_cpu_hash percpu_hash 4 4 1024',
      'perf_events perf_event_array 4 4 0',
      'queue queue 0 4 16',
      'recent lru_hash 8 8 256',
      'sockets sk_storage 4 48 0',
    ],
  )
  assert.equal(spec.maps.get('outer')?.inner?.valueBytes, 8)
  assert.deepEqual([...spec.variables.values()].map((v) => `${v.map} ${v.name} ${v.byteLength}`).sort(), [
    '.bss runs 8',
    '.data hidden 4',
    '.data offset 8',
    '.rodata label 8',
    '.rodata step 4',
  ])
})

test('the other byte order gives the same spec', () => {
  const [little, big] = [testSpec('map-kinds.bpf.o'), testSpec('map-kinds.big-endian.bpf.o')]
  assert.deepEqual([...big.maps.keys()].sort(), [...little.maps.keys()].sort())
  for (const [name, program] of little.programs) {
    const twin = big.programs.get(name)!
    assert.deepEqual(twin.references, program.references)
    assert.deepEqual(twin.functionInfo, program.functionInfo)
    assert.equal(twin.instructions.length, program.instructions.length)
  }
})

test('variables take numbers of their width and bytes of their length', () => {
  const { variables } = testSpec('map-kinds.bpf.o')
  const step = variables.get('step')!
  step.set(0x01020304)
  assert.deepEqual([...step.bytes], [4, 3, 2, 1])
  step.set(-1)
  assert.deepEqual([...step.bytes], [255, 255, 255, 255])
  variables.get('offset')!.set(-2n)
  variables.get('label')!.set(new Uint8Array(8))
  for (const value of [2 ** 32, -(2 ** 31) - 1, 1.5, new Uint8Array(3)])
    assert.throws(() => step.set(value), { code: 'argument' }, String(value))
  assert.throws(() => variables.get('label')!.set(1n << 64n), { code: 'argument' })
})

test('section names say what a program is for', () => {
  for (const [section, expected] of [
    ['tp_btf/sched_switch', 'tracing trace_raw_tp sched_switch btf_trace_ false'],
    ['fentry.s/tcp_connect', 'tracing trace_fentry tcp_connect  true'],
    ['iter/task_file', 'tracing trace_iter task_file bpf_iter_ false'],
    ['tp/sched/sched_switch', 'tracepoint undefined sched/sched_switch undefined false'],
    ['cgroup/connect6', 'cgroup_sock_addr cgroup_inet6_connect  undefined false'],
    ['cgroup_skb/egress', 'cgroup_skb cgroup_inet_egress  undefined false'],
    ['cgroup/sock_release', 'cgroup_sock cgroup_inet_sock_release  undefined false'],
    ['socket', 'socket_filter undefined  undefined false'],
    ['kretprobe/x', 'kprobe undefined x undefined false'],
    ['syscall', 'syscall undefined  undefined true'],
    ['raw_tp.s/x', undefined],
    ['constructor', undefined],
    ['', undefined],
  ] as const) {
    const kind = sectionKindOf(section)
    const told =
      kind && [kind.type, kind.attachType, kind.target, kind.btf?.prefix, kind.sleepable].map(String)
    assert.equal(told?.join(' '), expected, section)
  }
})

test('what is no BPF object is a diagnostic, not an exception', () => {
  for (const bytes of [new Uint8Array(0), new Uint8Array(100), readTestObject('map-kinds.bpf.c')]) {
    const { value, diagnostics } = parseCollection(bytes, { name: 'x.o' })
    assert.equal(value, undefined)
    assert.deepEqual(
      diagnostics.map(({ code, severity, file }) => [code, severity, file]),
      [['BPF001', 'error', 'x.o']],
    )
  }
})

test('mutated objects give a spec or diagnostics', () => {
  const originals = ['map-kinds.bpf.o', 'hooks.bpf.o', 'relocations.bpf.o'].map(readTestObject)
  fc.assert(
    fc.property(mutated(originals), (bytes) => {
      const { value, diagnostics } = parseCollection(bytes)
      assert.ok(value || diagnostics.length > 0)
    }),
    { seed: 3, numRuns: 400 },
  )
})
