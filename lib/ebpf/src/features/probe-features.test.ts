import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { bpftool, NEEDS_BPF, NEEDS_BPFTOOL } from '../testing/bpf-test.ts'
import { probeFeatures } from './probe-features.ts'

/** What `bpftool feature probe` tells, as far as both try the same. */
interface Probed {
  readonly program_types: Readonly<Record<string, boolean>>
  readonly map_types: Readonly<Record<string, boolean>>
}

test('map and program types are those bpftool finds', NEEDS_BPFTOOL, () => {
  const ours = new Map<string, boolean>(probeFeatures().map(({ id, ok }) => [id, ok]))
  const probed = bpftool('feature', 'probe', 'kernel') as Probed
  let compared = 0
  for (const [name, there] of Object.entries(probed.map_types)) {
    const ok = ours.get(`map:${name.replace(/^have_(.*)_map_type$/, '$1')}`)
    if (ok === undefined) continue
    compared++
    assert.equal(ok, there, name)
  }
  for (const [kind, name] of [
    ['socket', 'socket_filter'],
    ['kprobe', 'kprobe'],
    ['tc', 'sched_cls'],
    ['tracepoint', 'tracepoint'],
    ['xdp', 'xdp'],
    ['perf_event', 'perf_event'],
    ['cgroup_skb', 'cgroup_skb'],
    ['raw_tp', 'raw_tracepoint'],
    ['syscall', 'syscall'],
  ] as const) {
    compared++
    assert.equal(ours.get(`program:${kind}`), probed.program_types[`have_${name}_prog_type`], kind)
  }
  assert.ok(compared > 20, `${compared} compared`)
})

test('each feature is told once, failures with a reason, and nothing stays open', NEEDS_BPF, () => {
  const open = () => readdirSync('/proc/self/fd').length
  const before = open()
  const features = probeFeatures()
  assert.equal(open(), before)
  assert.equal(new Set(features.map(({ id }) => id)).size, features.length)
  for (const { id, ok, detail } of features) assert.equal(detail === '', ok, id)
})
