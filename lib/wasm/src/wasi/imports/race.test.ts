// A second process swaps directories for links that lead outside, and moves them outside, as fast as it can while a guest
// walks through them.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DirectGuest, preopened } from '../../testing/direct-guest.ts'
import { OpenFlag } from '../abi.ts'
import { Errno } from '../errno.ts'
import { hostDirectory } from '../fs/host-directory.ts'

/** It ends by itself if nobody ends it. */
const RENAMER = `
  const { renameSync, symlinkSync, unlinkSync } = require('node:fs')
  process.chdir(process.argv[1])
  const end = Date.now() + 60_000
  while (Date.now() < end) {
    renameSync('in/sub', 'in/real')
    symlinkSync('../secret', 'in/sub')
    unlinkSync('in/sub')
    renameSync('in/real', 'in/sub')
    renameSync('in/sub/deep', 'secret/deep')
    renameSync('secret/deep', 'in/sub/deep')
  }`
const ROUNDS_MAX = 20_000
/** How often each of the two ends must have been seen. */
const SEEN_MIN = 100

const EXPECTED = new Set<number>([
  Errno.SUCCESS,
  Errno.NOENT,
  Errno.NOTDIR,
  Errno.LOOP,
  Errno.PERM,
  Errno.EXIST,
])

test('no directory that is swapped for a link meanwhile leads a guest outside', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasi-race-'))
  const secret = join(folder, 'secret')
  mkdirSync(join(folder, 'in/sub/deep'), { recursive: true })
  mkdirSync(secret)
  writeFileSync(join(secret, 'file'), 'secret')
  writeFileSync(join(folder, 'in/sub/file'), 'public text')
  writeFileSync(join(folder, 'in/top'), 'public text')
  const before = statSync(join(secret, 'file'), { bigint: true })
  const root = hostDirectory(join(folder, 'in'))
  const guest = new DirectGuest({ descriptors: [preopened(root)] })
  const renamer = spawn(process.execPath, ['-e', RENAMER, folder], { stdio: 'ignore' })
  const ended = once(renamer, 'exit')
  t.after(async () => {
    renamer.kill('SIGKILL')
    await ended
    root.close()
    rmSync(folder, { recursive: true })
  })

  const { CREAT, DIRECTORY } = OpenFlag
  const call = (name: string, ...args: readonly (number | bigint)[]): number => {
    const errno = guest.call(name, ...args) as number
    assert.ok(EXPECTED.has(errno), `${name} answered ${errno}`)
    return errno
  }
  const read = (path: string): string | undefined => {
    const fd = ~guest.open(0, path, { rights: 2n, follow: true })
    if (fd < 0) return undefined
    call('fd_read', fd, ...guest.piece(40_000, 64), DirectGuest.RESULT)
    const text = Buffer.from(
      guest.bytes.subarray(40_000, 40_000 + guest.view.getUint32(DirectGuest.RESULT, true)),
    )
    call('fd_close', fd)
    return text.toString()
  }
  const change = (round: number) => {
    const made = guest.open(0, 'sub/made', { flags: CREAT })
    if (made < 0) call('fd_close', ~made)
    call('path_create_directory', 0, ...guest.text('sub/directory'))
    call('path_link', 0, 0, ...guest.text('top'), 0, ...guest.text('sub/hard'))
    call('path_symlink', ...guest.text('x'), 0, ...guest.text('sub/soft'))
    call('path_rename', 0, ...guest.text('sub/made'), 0, ...guest.text(`sub/renamed${round % 5}`))
    call('path_filestat_set_times', 0, 1, ...guest.text('sub/file'), 1n, 1n, 5)
    call('path_unlink_file', 0, ...guest.text('sub/hard'))
    call('path_remove_directory', 0, ...guest.text('sub/directory'))
    if (call('path_filestat_get', 0, 1, ...guest.text('sub/file'), 40_000) === Errno.SUCCESS)
      assert.equal(guest.view.getUint32(40_000 + 32, true), 'public text'.length)
    const sub = ~guest.open(0, 'sub', { flags: DIRECTORY, rights: 2n, follow: true })
    if (sub < 0) return
    assert.equal(guest.open(sub, '../top', { rights: 2n }), Errno.PERM)
    call('fd_close', sub)
  }

  const seen = { allowed: 0, refused: 0 }
  for (let round = 0; round < ROUNDS_MAX && Math.min(seen.allowed, seen.refused) < SEEN_MIN; round++) {
    for (const path of ['sub/file', 'sub/deep/../file', 'sub/deep/../../top', './sub/../sub/file']) {
      const text = read(path)
      assert.ok(text === undefined || text === 'public text', `${path}: ${text}`)
      seen[text === undefined ? 'refused' : 'allowed']++
    }
    change(round)
  }
  t.diagnostic(`${seen.allowed} reads succeeded, ${seen.refused} were refused`)
  assert.ok(Math.min(seen.allowed, seen.refused) >= SEEN_MIN)
  assert.equal(renamer.exitCode, null)
  renamer.kill('SIGKILL')
  await ended
  const after = statSync(join(secret, 'file'), { bigint: true })
  assert.deepEqual([after.mtimeNs, after.ctimeNs, after.nlink], [before.mtimeNs, before.ctimeNs, 1n])
  assert.equal(readFileSync(join(secret, 'file'), 'utf8'), 'secret')
  assert.deepEqual(
    readdirSync(secret).filter((name) => name !== 'deep'),
    ['file'],
  )
})
