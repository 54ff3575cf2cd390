import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { DirectGuest, preopened } from '../../testing/direct-guest.ts'
import { FdFlag, OpenFlag } from '../abi.ts'
import { Errno } from '../errno.ts'
import { memoryDirectory } from '../fs/memory-file-system.ts'
import { bytesInput, CollectedOutput } from '../io/buffers.ts'
import type { ByteInput } from '../io/byte-stream.ts'
import { StreamInput, StreamOutput } from '../io/node-stream.ts'
import { SocketListener } from '../io/socket.ts'
import { Signal } from '../signal.ts'

const { RESULT } = DirectGuest

function textAt(guest: DirectGuest, pointer: number, length: number): string {
  return Buffer.from(guest.bytes.subarray(pointer, pointer + length)).toString()
}

/** Reads; the text, or the number of the error. */
async function readText(guest: DirectGuest, fd: number, length: number): Promise<string | number> {
  const errno = await guest.call('fd_read', fd, ...guest.piece(40_000, length), RESULT)
  return errno === 0 ? textAt(guest, 40_000, guest.view.getUint32(RESULT, true)) : errno
}

function write(guest: DirectGuest, fd: number, text: string) {
  guest.bytes.set(Buffer.from(text), 40_000)
  return guest.call('fd_write', fd, ...guest.piece(40_000, text.length), RESULT)
}

test('a file is read, written, appended to and cut as POSIX has it', async () => {
  const guest = new DirectGuest({ descriptors: [preopened(memoryDirectory())] })
  const fd = ~guest.open(0, 'file', { flags: OpenFlag.CREAT })
  const seek = (delta: bigint, whence: number) => {
    const errno = guest.call('fd_seek', fd, delta, whence, RESULT)
    return errno === 0 ? guest.view.getBigUint64(RESULT, true) : errno
  }
  assert.equal(write(guest, fd, 'hello world'), 0)
  assert.deepEqual([seek(-5n, 2), await readText(guest, fd, 100)], [6n, 'world'])
  assert.deepEqual([seek(-1n, 0), seek(1n, 3), seek(2n ** 62n, 0)], [Errno.INVAL, Errno.INVAL, Errno.INVAL])
  // A hole is zero.
  assert.deepEqual([seek(2n, 2), write(guest, fd, '!'), seek(9n, 0)], [13n, 0, 9n])
  assert.equal(await readText(guest, fd, 100), 'ld\0\0!')
  assert.equal(guest.call('fd_fdstat_set_flags', fd, FdFlag.APPEND), 0)
  assert.deepEqual([seek(0n, 0), write(guest, fd, 'end'), seek(0n, 1)], [0n, 0, 17n])
  assert.equal(guest.call('fd_filestat_set_size', fd, 4n), 0)
  assert.deepEqual([seek(0n, 0), await readText(guest, fd, 100)], [0n, 'hell'])
  // What was cut off does not come back.
  assert.equal(guest.call('fd_filestat_set_size', fd, 6n), 0)
  assert.deepEqual([seek(0n, 0), await readText(guest, fd, 100)], [0n, 'hell\0\0'])
  const other = ~guest.open(0, 'file', { rights: 2n })
  assert.equal(write(guest, other, 'x'), Errno.BADF)
  assert.equal(guest.call('fd_renumber', other, fd), 0)
  assert.deepEqual([await readText(guest, fd, 2), await readText(guest, other, 2)], ['he', Errno.BADF])
})

test('a file without a name lives as long as it is open, and its room is free after that', async () => {
  const directory = memoryDirectory({ bytesMax: 100, nodesMax: 4 })
  const guest = new DirectGuest({ descriptors: [preopened(directory)] })
  for (let round = 0; round < 20; round++) {
    const fd = ~guest.open(0, 'file', { flags: OpenFlag.CREAT })
    assert.equal(write(guest, fd, 'x'.repeat(90)), 0)
    assert.equal(guest.call('path_unlink_file', 0, ...guest.text('file')), 0)
    assert.equal(guest.call('fd_seek', fd, 0n, 0, RESULT), 0)
    assert.equal(await readText(guest, fd, 3), 'xxx')
    assert.equal(write(guest, fd, 'y'.repeat(200)), Errno.NOSPC)
    assert.equal(guest.call('fd_close', fd), 0)
  }
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((name) => guest.call('path_create_directory', 0, ...guest.text(name))),
    [0, 0, 0, Errno.NOSPC],
  )
})

test('descriptors have a limit, and the lowest free number is next', () => {
  const guest = new DirectGuest({ descriptors: [preopened(memoryDirectory())], descriptorsMax: 4 })
  const open = () => guest.open(0, '.', { rights: 2n })
  assert.deepEqual([open(), open(), open(), open()], [~1, ~2, ~3, Errno.MFILE])
  assert.equal(guest.call('fd_close', 2), 0)
  assert.deepEqual([open(), open()], [~2, Errno.MFILE])
})

test('a directory is listed piece by piece, each name once', () => {
  const names = Array.from({ length: 60 }, (_, index) => `name-${'x'.repeat(index)}`)
  const files = Object.fromEntries(names.map((name) => [name, '']))
  const guest = new DirectGuest({ descriptors: [preopened(memoryDirectory({ files }))] })
  const listed: string[] = []
  let cookie = 0n
  for (let used = 200; used === 200;) {
    assert.equal(guest.call('fd_readdir', 0, 40_000, 200, cookie, RESULT), 0)
    used = guest.view.getUint32(RESULT, true)
    for (let at = 40_000; at + 24 <= 40_000 + used;) {
      const length = guest.view.getUint32(at + 16, true)
      if (at + 24 + length > 40_000 + used) break
      cookie = guest.view.getBigUint64(at, true)
      listed.push(textAt(guest, at + 24, length))
      at += 24 + length
    }
  }
  assert.deepEqual(listed, ['.', '..', ...names])
})

/** A subscription of 48 bytes at 16 + 48 × index. */
function subscribe(guest: DirectGuest, index: number, type: number, word: number, timeout = 0n): void {
  const at = 16 + index * 48
  guest.bytes.fill(0, at, at + 48)
  guest.view.setBigUint64(at, BigInt(100 + index), true)
  guest.view.setUint8(at + 8, type)
  guest.view.setUint32(at + 16, word, true)
  guest.view.setBigUint64(at + 24, timeout, true)
}

/** The events of a poll: whose, errno, bytes, flags. */
async function poll(guest: DirectGuest, count: number) {
  assert.equal(await guest.call('poll_oneoff', 16, 50_000, count, RESULT), 0)
  return Array.from({ length: guest.view.getUint32(RESULT, true) }, (_, index) => {
    const at = 50_000 + index * 32
    return [
      Number(guest.view.getBigUint64(at, true)) - 100,
      guest.view.getUint16(at + 8, true),
      Number(guest.view.getBigUint64(at + 16, true)),
      guest.view.getUint16(at + 24, true),
    ]
  })
}

test('poll_oneoff tells what is ready, what is wrong, and waits for the rest', async () => {
  const pipe = new PassThrough()
  const guest = new DirectGuest({
    descriptors: [
      { kind: 'stream', input: new StreamInput(pipe), isTerminal: false, flags: 0 },
      { kind: 'stream', output: new CollectedOutput(), isTerminal: false, flags: 0 },
      preopened(memoryDirectory({ files: { file: 'content' } })),
    ],
  })
  const file = ~guest.open(2, 'file')
  assert.equal(guest.call('poll_oneoff', 16, 50_000, 0, RESULT), Errno.INVAL)
  subscribe(guest, 0, 1, 0)
  subscribe(guest, 1, 2, 1)
  subscribe(guest, 2, 1, 77)
  subscribe(guest, 3, 0, 9)
  subscribe(guest, 4, 1, file)
  subscribe(guest, 5, 9, 0)
  assert.deepEqual(await poll(guest, 6), [
    [1, 0, 4096, 0],
    [2, Errno.BADF, 0, 0],
    [3, Errno.INVAL, 0, 0],
    [4, 0, 7, 0],
    [5, Errno.INVAL, 0, 0],
  ])
  // Nothing comes: the clock does.
  subscribe(guest, 1, 0, 1, 3_000_000n)
  assert.deepEqual(await poll(guest, 2), [[1, 0, 0, 0]])
  // Something comes before the clock.
  subscribe(guest, 1, 0, 1, 60_000_000_000n)
  setTimeout(() => pipe.write('abc'), 5)
  assert.deepEqual(await poll(guest, 2), [[0, 0, 3, 0]])
  assert.equal(await readText(guest, 0, 2), 'ab')
  assert.equal(await readText(guest, 0, 2), 'c')
  setTimeout(() => pipe.end(), 5)
  assert.deepEqual(await poll(guest, 2), [[0, 0, 0, 1]])
  assert.equal(await readText(guest, 0, 2), '')
})

test('what would block suspends, or is told to try again', async () => {
  const input = new PassThrough()
  const output = new PassThrough({ highWaterMark: 1 })
  const guest = new DirectGuest({
    descriptors: [
      { kind: 'stream', input: new StreamInput(input), isTerminal: false, flags: 0 },
      { kind: 'stream', output: new StreamOutput(output), isTerminal: false, flags: 0 },
    ],
  })
  const waiting = readText(guest, 0, 10)
  setTimeout(() => input.write('late'), 5)
  assert.equal(await waiting, 'late')
  assert.equal(guest.call('fd_fdstat_set_flags', 0, FdFlag.NONBLOCK), 0)
  assert.equal(await readText(guest, 0, 10), Errno.AGAIN)
  // Nobody reads: after what may wait in the stream, the guest waits.
  assert.equal(guest.call('fd_fdstat_set_flags', 1, FdFlag.NONBLOCK), 0)
  let count = 0
  while (write(guest, 1, 'x'.repeat(8192)) === 0) assert.ok(++count < 100)
  assert.equal(write(guest, 1, 'x'), Errno.AGAIN)
  assert.equal(guest.call('fd_fdstat_set_flags', 1, 0), 0)
  const blocked = write(guest, 1, 'x')
  output.resume()
  assert.equal(await blocked, 0)
  output.destroy()
  await once(output, 'close')
  assert.equal(write(guest, 1, 'x'), Errno.PIPE)
})

test('a guest whose waits are over at once gives the event loop its turn all the same', async () => {
  const changed = new Signal()
  let isReadable = false
  const input: ByteInput = {
    changed,
    get readableBytes() {
      return isReadable ? 1 : undefined
    },
    read(into) {
      if (isReadable) {
        isReadable = false
        into[0] = 1
        return 1
      }
      queueMicrotask(() => {
        isReadable = true
        changed.notify()
      })
      return undefined
    },
  }
  const guest = new DirectGuest({
    descriptors: [{ kind: 'stream', input, isTerminal: false, flags: 0 }],
    turnMs: 2,
  })
  for (const call of ['fd_read', 'poll_oneoff']) {
    const loop = { hasTurned: false }
    setImmediate(() => {
      loop.hasTurned = true
    })
    let count = 0
    while (!loop.hasTurned && count++ < 1_000_000) {
      if (call === 'fd_read') await guest.call('fd_read', 0, ...guest.piece(40_000, 1), RESULT)
      else {
        isReadable = false
        input.read(guest.bytes.subarray(40_000, 40_001))
        guest.bytes.fill(0, 1000, 1048)
        guest.view.setUint8(1008, 1)
        assert.equal(await guest.call('poll_oneoff', 1000, 2000, 1, RESULT), 0)
      }
    }
    assert.ok(loop.hasTurned, call)
  }
})

test('connections are accepted, looked at, answered and shut', async (t) => {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const listener = new SocketListener(server, { backlog: 1 })
  const guest = new DirectGuest({
    descriptors: [
      { kind: 'listener', listener, flags: 0 },
      { kind: 'stream', input: bytesInput(''), isTerminal: false, flags: 0 },
    ],
  })
  t.after(() => guest.guest.descriptors.closeAll())
  const accepting = guest.call('sock_accept', 0, 0, RESULT)
  const { port } = server.address() as AddressInfo
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  assert.equal(await accepting, 0)
  const fd = guest.view.getUint32(RESULT, true)
  assert.equal(fd, 2)
  assert.equal(guest.call('sock_accept', 1, 0, RESULT), Errno.NOTSOCK)
  assert.equal(guest.call('sock_shutdown', 1, 1), Errno.NOTSOCK)
  assert.equal(guest.call('sock_shutdown', 0, 1), Errno.NOTCONN)
  assert.equal(guest.call('sock_shutdown', fd, 4), Errno.INVAL)

  const receive = async (flags: number) => {
    const errno = await guest.call('sock_recv', fd, ...guest.piece(40_000, 3), flags, RESULT, RESULT + 4)
    return errno === 0 ? textAt(guest, 40_000, guest.view.getUint32(RESULT, true)) : errno
  }
  client.write('hello')
  assert.deepEqual([await receive(1), await receive(0), await receive(0)], ['hel', 'hel', 'lo'])
  assert.equal(await receive(2), Errno.NOTSUP)
  const answer = once(client, 'data')
  guest.bytes.set(Buffer.from('answer'), 40_000)
  assert.equal(await guest.call('sock_send', fd, ...guest.piece(40_000, 6), 0, RESULT), 0)
  assert.equal(((await answer) as [Buffer])[0].toString(), 'answer')
  // One side ends, the other goes on.
  const ended = once(client, 'end')
  assert.equal(guest.call('sock_shutdown', fd, 2), 0)
  await ended
  assert.equal(guest.call('sock_send', fd, ...guest.piece(40_000, 6), 0, RESULT), Errno.PIPE)
  client.end('rest')
  assert.deepEqual([await receive(0), await receive(0), await receive(0)], ['res', 't', ''])
  assert.equal(guest.call('fd_close', fd), 0)

  // One may wait, the second is refused and counted.
  const clients = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  t.after(() => clients.forEach((one) => one.destroy()))
  for (const one of clients) one.on('error', () => {})
  await Promise.race(clients.map((one) => once(one, 'close')))
  assert.equal(listener.refusedCount, 1)
})
