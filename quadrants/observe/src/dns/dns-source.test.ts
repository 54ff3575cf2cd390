// Datagrams through a real kernel: what is copied, what is counted, and what is left behind.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { DnsRecord } from './dns-record.ts'
import { openDnsSource } from './dns-source.ts'
import { encodeAnswer, TYPE } from './testing/dns-encoder.ts'

const FIXTURE = fileURLToPath(new URL('./testing/send.fixture.ts', import.meta.url))
const skip = process.getuid?.() !== 0 && 'needs root'

function answerOf(count: number, flags = 0x8180): Buffer {
  const owner = 'a.test'
  const records = Array.from({ length: count }, (_, i) => ({
    owner,
    type: TYPE.a,
    ttlS: 1,
    data: Uint8Array.of(10, 0, i >> 8, i & 255),
  }))
  return encodeAnswer({ name: owner, type: TYPE.a, records, flags })
}

/** A record has 16 bytes: its name is a pointer. Head and question have 24. */
const FITTING = answerOf(75)
const OVER = answerOf(76)

test('answers are copied whole, or counted; a namespace that ends is let go of', { skip }, async () => {
  assert.deepEqual([FITTING.length, OVER.length], [1224, 1240])
  const child = spawn('unshare', ['--net', process.execPath, FIXTURE], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    await once(child.stdout, 'data')
    const path = `/proc/${child.pid}/ns/net`
    const netns = statSync(path).ino
    const came: (Pick<DnsRecord, 'server'> & { readonly message: Buffer; readonly netns: number })[] = []
    using source = openDnsSource((inode, { server, message }) =>
      came.push({ netns: inode, server, message: Buffer.from(message) }),
    )
    const before = socketCount()
    // No process: then there is no file of a resolver either.
    source.follow([{ inode: netns, path, pid: 0 }], 1)
    source.ask([{ netns, server: Uint8Array.of(127, 0, 0, 1) }], 1)
    assert.equal(socketCount(), before + 1)
    const send = async (bytes: Buffer, from = '127.0.0.1') => {
      const sent = once(child.stdout, 'data')
      child.stdin.write(`${from} ${bytes.toString('hex')}\n`)
      await sent
    }
    await send(answerOf(1), '127.0.0.2')
    assert.equal(source.stages()[0]!.seen, 0, 'what comes from others is not even offered')
    // In order: two that are kept, what is none of ours, what is counted.
    await send(answerOf(1))
    await send(FITTING)
    for (const bytes of [
      answerOf(1, 0x0100),
      answerOf(0),
      answerOf(1, 0x8183),
      Buffer.from('not an answer'),
      Buffer.alloc(3),
    ])
      await send(bytes)
    await send(OVER)
    await send(answerOf(1, 0x8380))
    assert.equal(source.poll(), 2)
    assert.deepEqual(
      came.map(({ message }) => message),
      [answerOf(1), FITTING],
    )
    for (const { netns: inode, server } of came) assert.deepEqual([inode, ...server], [netns, 127, 0, 0, 1])
    const drops = source.drops().filter(({ count }) => count > 0)
    assert.deepEqual(
      drops.map(({ reason, count }) => [reason, count]),
      [
        ['too large', 1],
        ['cut', 1],
        ['first asked', 1],
      ],
    )
    assert.deepEqual(source.stages(), [{ stage: 'kernel.dns', seen: 4, kept: 2 }])

    source.release(1)
    assert.equal(socketCount(), before + 1, 'somebody is in it')
    const closed = once(child, 'close')
    child.stdin.end()
    await closed
    const left = socketCount()
    source.release(1)
    assert.equal(socketCount(), left - 1)
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL')
  }
})

function socketCount(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      // The descriptor that the folder was read through.
      return false
    }
  }).length
}
