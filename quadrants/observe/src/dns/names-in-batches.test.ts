// Real resolvers ask a real name server in a network namespace of its own; what the tracer tells is held against that.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { formatAddress } from '@quadrant/core'
import type { DropCount, HostName } from '@quadrant/proto'
import { openHostTracer } from '../tracer/open-host-tracer.ts'

const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
const FIXTURE = fileURLToPath(new URL('./testing/resolve.fixture.ts', import.meta.url))
const skip = process.getuid?.() !== 0 && 'needs root'

test('names that a process asked for are told with their namespace, and no others', { skip }, async () => {
  const child = spawn('unshare', ['--net', '--mount', process.execPath, FIXTURE], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    assert.equal(await nextWord(child.stdout), 'ready')
    using tracer = openHostTracer({ host: 'test', bootId, source: 'ebpf' })
    const netns = statSync(`/proc/${child.pid}/ns/net`).ino
    assert.ok(tracer.blindSpots.some((spot) => spot.includes('over UDP, port 53')))
    child.stdin.write('go\n')
    assert.equal(await nextWord(child.stdout), 'done')

    const { batch } = tracer.tick()
    const names = batch.hostNames.filter((name) => name.netns === netns)
    const rows = names.map(rowOf)
    assert.deepEqual([...new Set(rows)].sort(), [
      'c-ares.test 10.213.9.1 real.c-ares.test 30',
      'glibc.test 10.213.9.1 real.glibc.test 30',
      'over-v6.test fd13:9000::1 real.over-v6.test 30',
    ])
    assert.equal(names.length, rows.length, 'each is told once')
    for (const { timeNs } of names) assert.ok(timeNs >= batch.startNs && timeNs <= batch.endNs)
    assert.equal(
      countOf(batch.drops, 'tracer.names', 'not asked'),
      1,
      'the answer that nobody asked for is counted',
    )
    assert.ok(countOf(batch.drops, 'kernel.dns', 'first asked') >= 2)
    child.stdin.write('go\n')
    assert.equal(await nextWord(child.stdout), 'done')
    const next = tracer.tick().batch
    const later = next.hostNames.filter((name) => name.netns === netns)
    assert.deepEqual([...new Set(later.map(rowOf))].sort(), [
      'second-bound.test 10.213.9.1 real.second-bound.test 30',
      'second.test 10.213.9.1 real.second.test 30',
    ])
    // Without a remote address the kernel would copy every datagram for it.
    const raw = readFileSync(`/proc/${child.pid}/net/raw`, 'utf8').trim().split('\n').slice(1)
    const remotes = raw.map((line) => line.trim().split(/\s+/)[2])
    assert.ok(remotes.length >= 3)
    assert.ok(!remotes.some((remote) => remote!.startsWith('00000000:')))
    // A connection that is over may be told a tick later, when its other end could have been told.
    const last = tracer.tick({ final: true }).batch
    const ends = [batch, next, last].flatMap(({ edges, endpoints }) =>
      edges
        .filter(({ failed, serverPort }) => failed > 0 && serverPort === 81)
        .map(({ server }) => endpoints[server]!.kind),
    )
    assert.ok(
      ends.some((end) => end.case === 'address' && names.some((name) => isSame(name, end.value))),
      'the edge ends at a named address',
    )

    const exited = once(child, 'exit')
    child.stdin.write('end\n')
    await exited
    assert.deepEqual(
      tracer.tick().batch.hostNames.filter((name) => name.netns === netns),
      [],
    )
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL')
  }
})

function rowOf({ name, address, aliases, ttlS }: HostName): string {
  return [name, formatAddress(address), ...aliases, ttlS].join(' ')
}

async function nextWord(stream: NodeJS.ReadableStream): Promise<string> {
  const [chunk] = (await once(stream, 'data')) as [Buffer]
  return chunk.toString().trim()
}

function countOf(drops: readonly DropCount[], stage: string, reason: string): number {
  return drops.find((drop) => drop.stage === stage && drop.reason === reason)?.count ?? 0
}

function isSame({ address }: HostName, other: Uint8Array): boolean {
  return formatAddress(address) === formatAddress(other)
}
