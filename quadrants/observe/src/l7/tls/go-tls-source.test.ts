import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { EbpfError, structCodec } from '@quadrant/ebpf'
import { addressOf } from '@quadrant/golang'
import { readObject } from '../../kernel/objects.ts'
import { Gcload, NEEDS_PROBES } from '../../runtime/gc/testing/gcload.ts'
import { SlotHead } from '../../runtime/process-slots.ts'
import { StreamFlag } from '../stream/stream-record.ts'
import { checkContent, checkWhole, SeenStreams } from './testing/seen-streams.ts'
import { TlsTalk, type TalkProcess } from './testing/tls-talk.ts'
import { tlsPlaces } from '../../runtime/tls/tls-places.ts'
import { TLS_LAYOUT_FIELDS, TLS_LAYOUT_WORD } from './tls-slots.ts'

const BREAKPOINT = 0xcc
/** `BYTES_MISSED` of bpf/go-tls.bpf.c. */
const BYTES_MISSED = 1 << 24
const NOT_TCP = 'not over a TCP connection of net, or in a way that is not known'

const program = NEEDS_PROBES.skip ? undefined : new TlsTalk()
after(() => program?.[Symbol.dispose]())

test('slots lie as the compiled program has them', () => {
  const { btf } = readObject('go-tls', 'ring')
  const process = structCodec(btf, 'struct tls_process')
  for (const [field, word] of [
    ['generation', SlotHead.generation],
    ['hits', SlotHead.hits],
    ['stepped_hits', SlotHead.steppedHits],
    ['layout', TLS_LAYOUT_WORD],
  ] as const)
    assert.equal(process.offset(field), word * 4, field)
  const layout = structCodec(btf, 'struct tls_layout')
  TLS_LAYOUT_FIELDS.forEach(([field], index) => assert.equal(layout.offset(field), index * 4, field))
})

/** How many of the places have a breakpoint in the memory of a process that is not moved. */
function breakpointCount({ pid, target }: TalkProcess): number {
  const fd = openSync(`/proc/${pid}/mem`, 'r')
  try {
    const byte = new Uint8Array(1)
    return tlsPlaces(target)!.places.filter(({ offset }) => {
      readSync(fd, byte, 0, 1, addressOf(target.binary.image, offset)!)
      return byte[0] === BREAKPOINT
    }).length
  } finally {
    closeSync(fd)
  }
}

/** Entries of the maps of a name that this process holds: others may have loaded the same programs. */
function entryCount(name: string): number {
  const ids = readdirSync('/proc/self/fdinfo').flatMap((fd) => {
    const id = /^map_id:\s*(\d+)/m.exec(fdInfo(fd))?.[1]
    return id !== undefined && mapOf('show', id).name === name ? [id] : []
  })
  assert.ok(ids.length > 0, name)
  return ids.reduce((sum, id) => sum + (mapOf('dump', id) as unknown as unknown[]).length, 0)
}

function fdInfo(fd: string): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
  } catch {
    // Closed meanwhile.
    return ''
  }
}

function mapOf(what: 'show' | 'dump', id: string): { readonly name?: string } {
  return JSON.parse(execFileSync('bpftool', ['-j', 'map', what, 'id', id], { encoding: 'utf8' }))
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500; turn++) {
    if (isSo()) return
    await sleep(10)
  }
  assert.fail(what)
}

describe('what TLS carries in Go processes', NEEDS_PROBES, () => {
  test('a thousand connections, and nothing is left of them', async () => {
    await using server = await program!.serve()
    using seen = new SeenStreams({ ringBytes: 1 << 26 })
    seen.source.probe(server.target)
    await using client = program!.talk(server.address, 1000, 2)
    seen.source.probe(client.target)
    assert.equal(await client.run(), 0)
    await server.until(1000)
    const sides = [...client.sides, ...server.sides]
    await seen.closed(sides)
    for (const side of client.sides) checkWhole(seen, side, client.pid)
    for (const side of server.sides) checkWhole(seen, side, server.pid)
    for (const side of sides) checkContent(seen, side)
    assert.deepEqual(seen.dropped(), [])
    await until('connections are left', () => entryCount('tls_connections') === 0)
    assert.equal(entryCount('tls_sockets'), 0)
  })

  test('of long calls the beginning is copied, and all of it told', async () => {
    await using server = await program!.serve()
    using seen = new SeenStreams({ ringBytes: 1 << 26 })
    await using client = program!.talk(server.address, 8, 20, 'large')
    seen.source.probe(client.target)
    assert.equal(await client.run(), 0)
    await seen.closed(client.sides)
    for (const side of client.sides) checkWhole(seen, side, client.pid)
    const sum = (of: (side: { sent: { bytes: number; copied: number } }) => number) =>
      client.sides.reduce((total, { cookie }) => total + of(seen.of(cookie)!), 0)
    assert.ok(sum(({ sent }) => sent.copied) < sum(({ sent }) => sent.bytes))
    assert.deepEqual(seen.dropped(), [])
  })

  test('a connection that was there before, and one whose process was left alone for a while', async () => {
    await using server = await program!.serve()
    await using client = program!.wait(server.address)
    const cookie = (await client.line(0)) as number
    const exchange = async (bytes: number, line: number) => {
      client.say(bytes)
      await client.line(line)
    }
    await exchange(1000, 1)
    using seen = new SeenStreams()
    {
      using _probes = seen.source.probe(client.target)
      await exchange(2000, 2)
    }
    await until('probes are left', () => breakpointCount(client) === 0)
    await exchange(3000, 3)
    using probes = seen.source.probe(client.target)
    assert.equal(breakpointCount(client), tlsPlaces(client.target)!.places.length)
    await exchange(4000, 4)
    seen.source.poll()
    const stream = seen.of(cookie)!
    for (const direction of [stream.sent, stream.received]) {
      assert.equal(direction.isFromStart, false)
      assert.equal(direction.bytes, 6000)
      assert.equal(direction.missed, BYTES_MISSED)
    }
    const { hits, trapNs } = probes.counts()
    assert.ok(hits >= 2)
    // No instruction of them is single-stepped.
    assert.equal(trapNs, hits * 1000)
  })

  test('a struct around a connection is looked through', async () => {
    await using server = await program!.serve('embedded')
    using seen = new SeenStreams({ ringBytes: 1 << 26 })
    seen.source.probe(server.target)
    await using client = program!.talk(server.address, 4, 5, 'embedded')
    seen.source.probe(client.target)
    assert.equal(await client.run(), 0)
    const sides = [...client.sides, ...(await server.until(4))]
    await seen.closed(sides)
    for (const side of sides) checkContent(seen, side)
    assert.deepEqual(seen.dropped(), [])
  })

  test('one that is hidden is counted once, and TLS within TLS is read on the outside alone', async () => {
    for (const flag of ['hidden', 'twice']) {
      await using server = await program!.serve(flag)
      using seen = new SeenStreams({ ringBytes: 1 << 26 })
      seen.source.probe(server.target)
      await using client = program!.talk(server.address, 5, 3, flag)
      assert.equal(await client.run(), 0)
      await server.until(5)
      seen.source.poll()
      assert.deepEqual(seen.dropped(), [`${NOT_TCP}: 5`])
      for (const { cookie, written } of server.sides) {
        const sent = seen.of(cookie)?.sent
        // What the outer one carries is encrypted once more.
        assert.equal(sent !== undefined && sent.bytes > 0, flag === 'twice')
        assert.notEqual(sent?.hash.copy().digest('hex'), written)
      }
    }
  })

  test('connections that are nil, closed, closed below while they are used: programs live on, others are read', async () => {
    await using server = await program!.serve()
    using seen = new SeenStreams({ ringBytes: 1 << 26 })
    seen.source.probe(server.target)
    await using wild = program!.talk(server.address, 60, 0, 'wild')
    seen.source.probe(wild.target)
    assert.equal(await wild.run(), 0)
    const before = (await server.until(60)).length
    await using client = program!.talk(server.address, 20, 4)
    seen.source.probe(client.target)
    assert.equal(await client.run(), 0)
    const sides = [...client.sides, ...(await server.until(before + 20)).slice(before)]
    await seen.closed(sides)
    for (const side of sides) checkContent(seen, side)
    // One of each round is over no connection at all; one that is closed already has no socket any more.
    const [first = '', ...others] = seen.dropped()
    const count = Number(first.slice(`${NOT_TCP}: `.length))
    assert.ok(count >= 60 && count <= 120, first)
    assert.deepEqual(others, [])
  })

  test('processes that are killed in the middle of it', async () => {
    await using server = await program!.serve()
    using seen = new SeenStreams({ ringBytes: 1 << 26 })
    seen.source.probe(server.target)
    for (let round = 0; round < 5; round++) {
      const client = program!.talk(server.address, 50, 1000)
      seen.source.probe(client.target)
      client.say('go')
      await sleep(100)
      await client[Symbol.asyncDispose]()
    }
    await until('connections are left', () => entryCount('tls_connections') === 0)
    seen.source.poll()
    assert.ok(seen.streams.size > 0)
    for (const { sent, received, flags } of seen.streams.values()) {
      assert.deepEqual([sent.missed, received.missed], [0, 0])
      assert.ok(flags & StreamFlag.tls)
    }
  })

  test('a ring that is too small loses records, counts them, and offsets tell what is missing', async () => {
    await using server = await program!.serve()
    using seen = new SeenStreams({ ringBytes: 65_536 })
    seen.source.probe(server.target)
    await using client = program!.talk(server.address, 8, 40)
    assert.equal(await client.run(), 0)
    const sides = await server.until(8)
    await until('records are left', () => seen.source.poll() === 0)
    assert.ok(seen.dropped().some((text) => text.startsWith('ring full')))
    for (const { cookie, writtenBytes, readBytes } of sides) {
      const stream = seen.of(cookie)
      if (stream === undefined) continue
      assert.ok(stream.sent.bytes + stream.sent.missed <= writtenBytes)
      assert.ok(stream.received.bytes + stream.received.missed <= readBytes)
    }
    assert.ok(sides.some(({ cookie }) => (seen.of(cookie)?.sent.missed ?? 0) > 0))
  })

  test('a process that has ended, one that executes another program, and one without TLS are refused', async () => {
    using seen = new SeenStreams()
    const server = await program!.serve()
    using other = new Gcload({ name: 'other' })
    await using load = other.start('churn', '1')
    const { target } = server
    assert.throws(
      () => seen.source.probe(load.target),
      (error) => error instanceof EbpfError && error.code === 'unsupported',
    )
    // Its own places, in the file of another one.
    assert.throws(
      () => seen.source.probe({ ...target, path: load.target.path, pid: load.pid }),
      (error) => error instanceof EbpfError && error.code === 'not-found',
    )
    await server[Symbol.asyncDispose]()
    assert.throws(() => seen.source.probe(target), EbpfError)
    await using again = await program!.serve()
    seen.source.probe(again.target)
  })
})
