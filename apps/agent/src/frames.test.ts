import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BatchSchema, FLOW_CAP_MAX, Protocol } from '@quadrant/proto'
import fc from 'fast-check'
import { encodeFrames } from './frames.ts'

test('a batch that fits is one frame, as it is', () => {
  const batch = create(BatchSchema, { startNs: 1, processes: [{ key: '1@1' }], edges: [{ opened: 1 }] })
  assert.deepEqual(encodeFrames(batch), [toBinary(BatchSchema, batch)])
})

test('a second at the flow cap is one frame, also where no two rows have anything in common', () => {
  const rows = Array.from({ length: FLOW_CAP_MAX }, (_, i) => i)
  const edges = Array.from({ length: 4096 }, (_, i) => i)
  const from = (largest: number) => rows.map((i) => largest - i)
  const key = (i: number) => `${2 ** 22 - i}@${10 ** 15 + i}`
  const batch = create(BatchSchema, {
    startNs: 1.8e18,
    endNs: 1.8e18 + 1e9,
    endpoints: edges.map((i) => ({ kind: { case: 'processKey' as const, value: key(i) } })),
    edges: edges.map((i) => ({
      client: i,
      server: 4095 - i,
      protocol: Protocol.TCP,
      serverPort: 65_535,
      bytesToServer: 1e12,
      bytesToClient: 1e12,
      segmentsToServer: 1e9,
      segmentsToClient: 1e9,
      srttUsSum: 1e9,
      connectUsSum: 1e9,
      connectUsMax: 1e6,
      srttUsMax: 1e6,
      srttSamples: 1e4,
      connectSamples: 1e4,
      opened: 1e4,
      closed: 1e4,
      active: 1e4,
    })),
    addresses: [...rows, ...rows].map((i) => new Uint8Array(16).fill(i)),
    processKeys: rows.map(key),
    flows: {
      count: FLOW_CAP_MAX,
      event: rows.map(() => 4),
      protocol: rows.map(() => 6),
      role: rows.map(() => 2),
      offsetUs: from(1e6),
      localAddress: rows,
      remoteAddress: rows.map((i) => FLOW_CAP_MAX + i),
      localPort: from(65_535),
      remotePort: from(65_535),
      process: rows.map((i) => i + 1),
      peerProcess: rows.map((i) => i + 1),
      cookie: from(2 ** 52),
      bytesSent: from(2 ** 52),
      bytesReceived: from(2 ** 52),
      segmentsSent: from(2 ** 24),
      segmentsReceived: from(2 ** 24),
      retransmits: from(2 ** 20),
      srttUs: from(1e6),
      durationUs: from(2 ** 52),
      error: rows.map(() => 111),
      netns: rows.map(() => 0xffffffff),
      flags: rows.map(() => 1),
    },
  })
  const frames = encodeFrames(batch)
  assert.equal(frames.length, 1)
  assert.equal(fromBinary(BatchSchema, frames[0]!).flows?.count, FLOW_CAP_MAX)
})

test('a batch that does not fit: each frame fits, each process is told, the rest is told or counted', () => {
  const text = fc.string({ maxLength: 400 })
  const batches = fc.record({
    processes: fc.array(fc.record({ key: text, exe: text, argv: fc.array(text, { maxLength: 3 }) }), {
      maxLength: 60,
    }),
    edges: fc.nat(400),
    flows: fc.nat(400),
  })
  fc.assert(
    fc.property(batches, ({ processes, edges, flows }) => {
      const batch = create(BatchSchema, {
        startNs: 5,
        endNs: 6,
        processes,
        edges: Array.from({ length: edges }, (_, i) => ({ opened: i + 1, bytesToServer: 2 ** 40 })),
        flows: { count: flows, cookie: Array.from({ length: flows }, (_, i) => i + 1) },
        drops: [{ stage: 'kernel.ring', reason: 'full', count: 3 }],
      })
      const frames = encodeFrames(batch, 6000)
      const decoded = frames.map((bytes) => fromBinary(BatchSchema, bytes))
      for (const bytes of frames) assert.ok(bytes.length <= 6000, `${bytes.length} bytes`)
      assert.deepEqual(
        decoded.flatMap((frame) => frame.processes.map(({ key }) => key)),
        processes.map(({ key }) => key),
      )
      const last = decoded.at(-1)!
      for (const frame of decoded.slice(0, -1)) {
        assert.equal(frame.edges.length + (frame.flows?.count ?? 0) + frame.drops.length, 0)
        assert.deepEqual([frame.startNs, frame.endNs], [5, 6])
      }
      const dropped = (reason: string) => last.drops.find((drop) => drop.reason === reason)?.count ?? 0
      assert.equal(last.edges.length + dropped('too-large-edges'), edges)
      assert.equal((last.flows?.count ?? 0) + dropped('too-large-flows'), flows)
      assert.equal(dropped('full'), 3)
      // Telling it again, after a write that failed, says the same.
      assert.deepEqual(encodeFrames(batch, 6000), frames)
    }),
    { seed: 3, numRuns: 60 },
  )
})

test('what runtimes did is split until each part fits; a row that never will is counted', () => {
  const rows = fc.record({
    cycles: fc.nat(300),
    facts: fc.array(fc.string({ maxLength: 300 }), { maxLength: 60 }),
    builds: fc.array(fc.nat(300), { maxLength: 6 }),
    windows: fc.array(fc.nat(2000), { maxLength: 4 }),
    edges: fc.nat(100),
  })
  fc.assert(
    fc.property(rows, ({ cycles, facts, builds, windows, edges }) => {
      const numbered = Array.from({ length: cycles }, (_, i) => i + 1)
      const batch = create(BatchSchema, {
        startNs: 5,
        endNs: 6,
        edges: Array.from({ length: edges }, (_, i) => ({ opened: i + 1 })),
        runtime: {
          processKeys: ['1@1', '2@2'],
          gcCycles: numbered.map((startNs) => ({ process: 1, startNs })),
          facts: facts.map((object) => ({ subject: 'a', object })),
          builds: builds.map((count, i) => ({
            id: `${i}`,
            dependencies: Array.from({ length: count }, () => ({ path: 'x'.repeat(20) })),
          })),
          profiles: windows.map((count, i) => ({ startNs: i, strings: Array<string>(count).fill('yy') })),
        },
      })
      const frames = encodeFrames(batch, 4000)
      for (const bytes of frames) assert.ok(bytes.length <= 4000, `${bytes.length} bytes`)
      const decoded = frames.map((bytes) => fromBinary(BatchSchema, bytes))
      const parts = decoded.flatMap(({ runtime }) => runtime ?? [])
      const last = decoded.at(-1)!
      for (const { processKeys } of parts) assert.deepEqual(processKeys, ['1@1', '2@2'])
      assert.deepEqual(
        parts.flatMap(({ gcCycles }) => gcCycles.map(({ startNs }) => startNs)),
        numbered,
      )
      assert.deepEqual(
        parts.flatMap((part) => part.facts.map(({ object }) => object)),
        facts,
      )
      const dropped = (reason: string) => last.drops.find((drop) => drop.reason === reason)?.count ?? 0
      // 24 bytes a dependency, 4 a string: larger rows do not fit into a frame of their own.
      const fitting = parts.flatMap((part) => part.builds.map(({ id }) => Number(id)))
      for (const id of fitting) assert.ok(builds[id]! * 24 < 4000)
      assert.equal(fitting.length + dropped('too-large-runtime'), builds.length)
      const profiles = parts.flatMap((part) => part.profiles)
      assert.equal(profiles.length + dropped('too-large-profiles'), windows.length)
      assert.equal(last.edges.length, edges)
    }),
    { seed: 3, numRuns: 60 },
  )
})
