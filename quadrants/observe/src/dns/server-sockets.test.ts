// Sockets of a real namespace, held against the kernel's own list of them.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { Collection } from '@quadrant/ebpf'
import { readObject } from '../kernel/objects.ts'
import { ServerSockets } from './server-sockets.ts'

const skip = process.getuid?.() !== 0 && 'needs root'
const MINUTE = 60e9
const SETUP = 'ip link set lo up && ip addr add 10.213.9.1/32 dev lo && echo && exec cat'

test(
  'one socket a server and address, connected, within limits, as long as somebody asks',
  { skip },
  async () => {
    const child = spawn('unshare', ['--net', 'sh', '-c', SETUP], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      await once(child.stdout, 'data')
      const path = `/proc/${child.pid}/ns/net`
      const netns = statSync(path).ino
      using collection = Collection.load(readObject('dns', 'ring'))
      using sockets = new ServerSockets({ v4: collection.program('dns4'), v6: collection.program('dns6') })
      const list = () => [...listRaw(child.pid!, 'raw'), ...listRaw(child.pid!, 'raw6')]
      const server = v4(127, 0, 0, 53)

      sockets.want({ netns, server }, MINUTE, true)
      assert.deepEqual(list(), [], 'of a namespace that is not listed')
      sockets.follow([{ inode: netns, path, pid: child.pid! }])
      sockets.want({ netns, server }, MINUTE, false)
      sockets.want({ netns, server, local: v4(127, 0, 0, 1) }, MINUTE, true)
      assert.deepEqual(list(), ['127.0.0.1 < 127.0.0.53'], 'what the route has is not opened twice')
      assert.equal(sockets.lateCount, 0)
      sockets.want({ netns, server, local: v4(10, 213, 9, 1) }, MINUTE, true)
      sockets.want({ netns, server: Buffer.from(`${'0'.repeat(31)}1`, 'hex') }, MINUTE, true)
      assert.deepEqual(list().sort(), [
        `${V6_ONE} < ${V6_ONE}`,
        '10.213.9.1 < 127.0.0.53',
        '127.0.0.1 < 127.0.0.53',
      ])
      // Either way round: first what was asked from, then the route.
      sockets.want({ netns, server: v4(127, 0, 0, 11), local: v4(127, 0, 0, 1) }, MINUTE, true)
      sockets.want({ netns, server: v4(127, 0, 0, 11) }, MINUTE, true)
      assert.equal(list().length, 4)
      assert.deepEqual(sockets.refused.blindSpots(), [])

      sockets.want({ netns, server: v4(192, 0, 2, 1) }, MINUTE, false)
      assert.deepEqual(sockets.refused.blindSpots(), [], 'nobody has asked it')
      sockets.want({ netns, server: v4(192, 0, 2, 1) }, MINUTE, true)
      sockets.want({ netns, server, local: v4(192, 0, 2, 2) }, MINUTE, true)
      const [unreachable, unavailable] = sockets.refused.blindSpots()
      assert.match(unreachable!, /ENETUNREACH.*: 192\.0\.2\.1$/)
      assert.match(unavailable!, /EADDRNOTAVAIL.*: 127\.0\.0\.53$/)
      assert.equal(list().length, 4)

      for (let i = 0; i < 17; i++) sockets.want({ netns, server: v4(127, 0, 1, i) }, 1.5 * MINUTE, true)
      assert.equal(list().length, 8)
      const last = sockets.refused.blindSpots().at(-1)!
      assert.match(last, /\(too many\): 127\.0\.1\.4, 127\.0\.1\.5, 127\.0\.1\.6 and 10 more$/)
      sockets.want({ netns, server: v4(127, 0, 2, 1) }, 2.1 * MINUTE, true)
      assert.equal(list().length, 8)
      assert.ok(list().includes('127.0.0.1 < 127.0.2.1'), 'in place of one that nobody asked for a minute')
      assert.ok(!list().includes('127.0.0.1 < 127.0.0.53'))

      sockets.release(11.8 * MINUTE)
      assert.deepEqual(list(), ['127.0.0.1 < 127.0.2.1'], 'others were not asked for ten minutes')
      sockets.follow([])
      sockets.release(11.8 * MINUTE)
      assert.deepEqual(list(), [], 'the namespace is listed no more')
    } finally {
      const closed = once(child, 'close')
      child.stdin.end()
      await closed
    }
  },
)

const V6_ONE = '00000000000000000000000001000000'

function v4(...bytes: [number, number, number, number]): Uint8Array {
  return Uint8Array.from(bytes)
}

/** Local and remote addresses of /proc/PID/net/raw, which has them as words of this machine. */
function listRaw(pid: number, file: 'raw' | 'raw6'): string[] {
  const lines = readFileSync(`/proc/${pid}/net/${file}`, 'utf8').trim().split('\n').slice(1)
  return lines.map((line) => {
    const [, local = '', remote = ''] = line.trim().split(/\s+/)
    return `${addressText(local)} < ${addressText(remote)}`
  })
}

function addressText(text: string): string {
  const [address = ''] = text.split(':')
  return address.length === 8 ? [...Buffer.from(address, 'hex').reverse()].join('.') : address
}
