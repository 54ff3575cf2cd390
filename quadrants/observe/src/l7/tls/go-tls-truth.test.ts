// Bytes within TLS against what the programs say that they wrote and read, with every way to build them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NEEDS_PROBES } from '../../runtime/gc/testing/gcload.ts'
import type { GoBuild } from '../../runtime/testing/built-program.ts'
import { TOOLCHAINS, WITH_ALL_TOOLCHAINS } from '../../runtime/testing/toolchains.ts'
import { checkContent, checkWhole, SeenStreams } from './testing/seen-streams.ts'
import { TlsTalk } from './testing/tls-talk.ts'

const VARIANTS: readonly GoBuild[] = [
  { name: 'plain' },
  { name: '-s -w', args: ['-ldflags=-s -w'] },
  { name: 'stripped', strip: true },
  { name: 'pie', args: ['-buildmode=pie'] },
  { name: 'cgo', cgo: true },
  { name: 'unoptimised', args: ['-gcflags=all=-N -l'] },
]

const RUN_WITH = WITH_ALL_TOOLCHAINS ? ['local', ...TOOLCHAINS] : ['local']

const CONNECTIONS = 24

for (const toolchain of RUN_WITH)
  for (const variant of VARIANTS)
    test(
      `${toolchain} ${variant.name}: every byte in its place, of the very socket, at both ends`,
      NEEDS_PROBES,
      async () => {
        using program = new TlsTalk({ ...variant, toolchain })
        await using server = await program.serve()
        using seen = new SeenStreams({ ringBytes: 1 << 26 })
        seen.source.probe(server.target)
        for (const version of ['tls13', 'tls12']) {
          await using client = program.talk(server.address, CONNECTIONS, 10, version)
          seen.source.probe(client.target)
          assert.equal(await client.run(), 0)
          const before = version === 'tls13' ? 0 : CONNECTIONS
          const sides = [
            ...client.sides.map((side) => [side, client.pid] as const),
            ...(await server.until(before + CONNECTIONS))
              .slice(before)
              .map((side) => [side, server.pid] as const),
          ]
          await seen.closed(sides.map(([side]) => side))
          for (const [side, pid] of sides) {
            checkWhole(seen, side, pid)
            checkContent(seen, side)
          }
        }
        assert.deepEqual(seen.dropped(), [])
      },
    )
