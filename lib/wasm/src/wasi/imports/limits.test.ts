// A guest that asks for all that there is: it gets the error of the limit, and its host has the rest.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DirectGuest, preopened } from '../../testing/direct-guest.ts'
import { OpenFlag } from '../abi.ts'
import { Errno } from '../errno.ts'
import { hostDirectory } from '../fs/host-directory.ts'
import { memoryDirectory } from '../fs/memory-file-system.ts'
import { bytesInput, CollectedOutput } from '../io/buffers.ts'

const { RESULT } = DirectGuest
const PIECES = 20_000

function guestWith(bytesMax: number, nodesMax = 100) {
  const output = new CollectedOutput(1 << 20)
  const guest = new DirectGuest({
    descriptorsMax: 10,
    descriptors: [
      { kind: 'stream', input: bytesInput('x'.repeat(100)), isTerminal: false, flags: 0 },
      { kind: 'stream', output, isTerminal: false, flags: 0 },
      preopened(memoryDirectory({ bytesMax, nodesMax })),
    ],
  })
  /** As many pieces as there is room for, all of them the whole memory. */
  for (let at = PIECES; at < PIECES + 1100 * 8; at += 8) {
    guest.view.setUint32(at, 0, true)
    guest.view.setUint32(at + 4, 65_536, true)
  }
  return { guest, output }
}

test('pieces without number are refused, and many large ones end at a short count', async () => {
  const { guest, output } = guestWith(8 << 20)
  const file = ~guest.open(2, 'file', { flags: OpenFlag.CREAT })
  for (const count of [1025, 8192, 2 ** 29, -1])
    for (const [name, ...rest] of [
      ['fd_read', RESULT],
      ['fd_write', RESULT],
      ['fd_pread', 0n, RESULT],
      ['fd_pwrite', 0n, RESULT],
    ] as const) {
      const errno = guest.call(name, file, PIECES, count, ...rest)
      assert.ok(
        errno === Errno.INVAL || errno === Errno.FAULT,
        `${name} of ${count} pieces: ${errno as number}`,
      )
    }
  // 64 MiB are asked for.
  assert.equal(guest.call('fd_write', file, PIECES, 1024, RESULT), 0)
  assert.equal(guest.view.getUint32(RESULT, true), 4 << 20)
  assert.equal(await guest.call('fd_write', 1, PIECES, 1024, RESULT), 0)
  assert.ok(output.bytes.length <= 4 << 20)
})

test('files in memory, names and descriptors have an end', () => {
  const { guest } = guestWith(1 << 20, 20)
  const file = ~guest.open(2, 'file', { flags: OpenFlag.CREAT })
  let written = 0
  let errno = 0
  while (errno === 0 && written < 100) {
    errno = guest.call('fd_write', file, PIECES, 1, RESULT) as number
    written++
  }
  assert.equal(errno, Errno.NOSPC)
  assert.ok(written <= 17)
  assert.equal(guest.call('fd_filestat_set_size', file, 1n << 40n), Errno.NOSPC)
  // A hole counts as what it would be.
  assert.equal(guest.call('fd_pwrite', file, ...guest.piece(0, 1), 1n << 40n, RESULT), Errno.NOSPC)

  const made = Array.from({ length: 30 }, (_, index) =>
    guest.call('path_create_directory', 2, ...guest.text(`d${index}`)),
  )
  assert.equal(made[0], 0)
  assert.equal(made.at(-1), Errno.NOSPC)
  const opened = Array.from({ length: 20 }, () => guest.open(2, 'file', { rights: 2n }))
  assert.equal(opened.at(-1), Errno.MFILE)
  // What it has goes on as before, and room that is given back can be had again.
  assert.equal(guest.call('fd_close', file), 0)
  assert.ok(guest.open(2, 'file', { rights: 2n }) < 0)
})

test('paths have an end, in bytes and in steps', () => {
  const { guest } = guestWith(1 << 20, 2000)
  const open = (path: string) => guest.open(2, path, { rights: 2n })
  for (const path of ['x'.repeat(4097), '../'.repeat(1365), './'.repeat(2049), 'a/'.repeat(2100)])
    assert.ok([Errno.NAMETOOLONG, Errno.PERM, Errno.NOENT].includes(open(path) as never), path.slice(0, 10))
  assert.equal(open('./'.repeat(2000)) < 0, true)
  // Links that lead to links, each twice.
  assert.equal(guest.call('path_create_directory', 2, ...guest.text('l0')), 0)
  for (let level = 1; level < 30; level++) {
    const target = `l${level - 1}/../l${level - 1}`
    assert.equal(guest.call('path_symlink', ...guest.text(target), 2, ...guest.text(`l${level}`)), 0)
  }
  assert.equal(guest.open(2, 'l29', { rights: 2n, follow: true }), Errno.LOOP)
})

test('a path may be as deep as it is long, but goes back only so far', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasi-deep-'))
  const host = hostDirectory(folder)
  t.after(() => {
    host.close()
    rmSync(folder, { recursive: true })
  })
  for (const directory of [memoryDirectory({ nodesMax: 5000 }), host]) {
    const guest = new DirectGuest({ descriptors: [preopened(directory)] })
    const open = (path: string) => {
      const fd = ~guest.open(0, path, { rights: 2n })
      return fd >= 0 ? guest.call('fd_close', fd) : ~fd
    }
    let parent = 0
    for (let level = 0; level < 1500; level++) {
      assert.equal(guest.call('path_create_directory', parent, ...guest.text('d')), 0)
      const child = ~guest.open(parent, 'd', { rights: 2n })
      if (parent !== 0) assert.equal(guest.call('fd_close', parent), 0)
      parent = child
    }
    const before = readdirSync('/proc/self/fd').length
    assert.equal(open('d/'.repeat(1500)), 0)
    assert.equal(open(`${'d/'.repeat(800)}${'../'.repeat(200)}d`), 0)
    assert.equal(open(`${'d/'.repeat(800)}${'../'.repeat(300)}d`), Errno.NAMETOOLONG)
    assert.equal(open('d/'.repeat(1501)), Errno.NOENT)
    assert.equal(readdirSync('/proc/self/fd').length, before)
    // Links that make a short path a long one.
    for (const [name, target] of [
      ['l0', './d/..'],
      ['l1', 'd/../'.repeat(800)],
      ['l2', 'l1/'.repeat(30)],
    ] as const)
      assert.equal(guest.call('path_symlink', ...guest.text(target), 0, ...guest.text(name)), 0)
    assert.equal(open('l0/d'), 0)
    assert.equal(open('l1/d'), 0)
    assert.equal(open('l2/d'), Errno.NAMETOOLONG)
  }
})

test('subscriptions without number are refused, and many are told all at once', () => {
  const { guest } = guestWith(1 << 20)
  for (const count of [0, 16_385, 2 ** 30, -1])
    assert.ok(
      [Errno.INVAL, Errno.FAULT].includes(guest.call('poll_oneoff', 0, RESULT, count, 60_000) as never),
    )
  const count = 600
  guest.bytes.fill(0, 0, count * 48)
  for (let index = 0; index < count; index++) guest.view.setUint32(index * 48 + 16, 1, true)
  assert.equal(guest.call('poll_oneoff', 0, RESULT, count, 60_000), 0)
  assert.equal(guest.view.getUint32(60_000, true), count)
})

test('randomness is given in turns, and never outside of the memory', async () => {
  const { guest } = guestWith(1 << 20)
  assert.equal(guest.call('random_get', 0, -1), Errno.FAULT)
  assert.equal(guest.call('random_get', 1, 65_536), Errno.FAULT)
  assert.equal(await guest.call('random_get', 0, 65_536), 0)
})
