import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Family, Protocol, RecordKind, SOCK_WORDS, SockWord } from '../kernel/record.ts'
import { readCheckpoints } from './checkpoint.ts'
import { SocketFlag } from './socket-columns.ts'
import { BOOT_ID, ModelHarness } from './testing/model-harness.ts'

/** Words that mean little, of few sockets and few addresses, so that they meet. */
const record = fc
  .record({
    kind: fc.constantFrom(...Object.values(RecordKind).filter((kind) => kind < RecordKind.exec), 99),
    family: fc.constantFrom(...Object.values(Family), 0),
    protocol: fc.constantFrom(...Object.values(Protocol)),
    flags: fc.nat(255),
    netns: fc.constantFrom(1, 4_026_531_840),
    cookie: fc.nat(12),
    ports: fc.constantFrom(0, 80, (80 << 16) | 4000, ((4000 << 16) | 80) >>> 0),
    state: fc.record({ from: fc.nat(13), to: fc.nat(13), error: fc.nat(200) }),
    rest: fc.uint32Array({ minLength: SOCK_WORDS, maxLength: SOCK_WORDS }),
    address: fc.nat(2),
    ts: fc.nat(3_000_000_000),
  })
  .map(({ kind, family, protocol, flags, netns, cookie, ports, state, rest, address, ts }) => {
    const words = Uint32Array.from(rest)
    words[SockWord.head] = kind | (family << 8) | (protocol << 16) | (flags << 24)
    words[SockWord.netns] = netns
    words.set([ts, 0, cookie, 0], SockWord.ts)
    words.fill(address === 2 ? 0 : address, SockWord.local, SockWord.remote + 4)
    words[SockWord.ports] = ports
    words[SockWord.tgid] = words[SockWord.tgid]! % 3
    // Counters below 2^53, as the kernel's are.
    words[SockWord.bytesSent + 1]! &= 0xffff
    words[SockWord.bytesReceived + 1]! &= 0xffff
    // Most records tell of no beginning.
    words.set(
      words[SockWord.comm]! % 3 === 0
        ? [words[SockWord.opened]!, 0, words[SockWord.established]!, 0]
        : [0, 0, 0, 0],
      SockWord.opened,
    )
    words[SockWord.state] = state.from | (state.to << 8) | (state.error << 16)
    return words
  })

test('any records are survived, within the limits, and no slot, edge or count is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.array(record, { maxLength: 20 }), { maxLength: 8 }), (ticks) => {
      const harness = new ModelHarness({ connections: 8, edges: 3, addresses: 3, flows: 10 })
      const { sockets, edges } = harness.model
      const parts: Uint8Array[] = []
      for (const [i, records] of ticks.entries()) {
        for (const words of records) harness.applyWords(words)
        harness.settle((i + 0.5) * 1e9)
        readCheckpoints([harness.whole()], BOOT_ID)
        const { batch, checkpoint } = harness.tick((i + 1) * 1e9)
        parts.push(checkpoint)
        readCheckpoints(parts, BOOT_ID)
        readCheckpoints([harness.whole()], BOOT_ID)
        for (const edge of batch.edges)
          for (const value of Object.values(edge))
            if (typeof value === 'number')
              assert.ok(Number.isFinite(value) && value >= 0, JSON.stringify(edge))
        for (const { stage, seen, kept } of batch.stages) {
          const dropped = batch.drops
            .filter((drop) => drop.stage === stage)
            .reduce((sum, { count }) => sum + count, 0)
          assert.equal(seen, kept + dropped, stage)
        }
        assert.ok(batch.flows!.count <= 10)
      }
      assert.ok(sockets.count <= 8)
      const used = sockets.columns.flags.filter((flags) => (flags & SocketFlag.used) !== 0)
      assert.equal(used.length, sockets.count)
      for (let edge = 0; edge < edges.highWater; edge++) assert.ok(edges.active[edge]! >= 0)
      // Everything closes, and everything is given back.
      for (let slot = 0; slot < sockets.highWater; slot++)
        if ((sockets.columns.flags[slot]! & (SocketFlag.used | SocketFlag.closed)) === SocketFlag.used)
          sockets.closeUnseen(slot, 20e9, 0)
      for (let i = 21; i < 25; i++) harness.tick(i * 1e9)
      assert.deepEqual([sockets.count, edges.count], [0, 0])
    }),
    { seed: 20_260_102, numRuns: 300 },
  )
})
