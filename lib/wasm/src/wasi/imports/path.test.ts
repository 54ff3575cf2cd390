import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { DirectGuest, preopened } from '../../testing/direct-guest.ts'
import { FstFlag, OpenFlag } from '../abi.ts'
import { Errno } from '../errno.ts'
import type { DirectoryHandle } from '../fs/file-system.ts'
import { hostDirectory } from '../fs/host-directory.ts'
import { memoryDirectory } from '../fs/memory-file-system.ts'

/** The same cases against both kinds of file system. */
const FILE_SYSTEMS: Readonly<Record<string, (t: TestContext) => DirectoryHandle>> = {
  memory: () => memoryDirectory(),
  host: (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasi-'))
    const directory = hostDirectory(folder)
    t.after(() => {
      directory.close()
      rmSync(folder, { recursive: true })
    })
    return directory
  },
}

const { CREAT, DIRECTORY, EXCL, TRUNC } = OpenFlag

function prepared(directory: DirectoryHandle): DirectGuest {
  const guest = new DirectGuest({ descriptors: [preopened(directory)] })
  const make = (path: string) => assert.equal(guest.call('path_create_directory', 0, ...guest.text(path)), 0)
  const write = (path: string) => {
    const fd = ~guest.open(0, path, { flags: CREAT })
    guest.bytes.set(Buffer.from('content'), 40_000)
    assert.equal(guest.call('fd_write', fd, ...guest.piece(40_000, 7), DirectGuest.RESULT), 0)
    assert.equal(guest.call('fd_close', fd), 0)
  }
  const link = (target: string, path: string) =>
    assert.equal(guest.call('path_symlink', ...guest.text(target), 0, ...guest.text(path)), 0)
  make('dir')
  make('dir/empty')
  write('file')
  write('dir/inner')
  link('../file', 'dir/up')
  link('dir', 'to-dir')
  link('nothing', 'dangling')
  link('circle', 'circle')
  link('../..', 'dir/out')
  return guest
}

/** What opening gives: `ok`, or the name of the error. */
function opened(guest: DirectGuest, path: string, options: Parameters<DirectGuest['open']>[2]): string {
  const result = guest.open(0, path, options)
  if (result >= 0) return nameOf(result)
  assert.equal(guest.call('fd_close', ~result), 0)
  return 'ok'
}

function nameOf(errno: number | Promise<number>): string {
  return Object.entries(Errno).find(([, number]) => number === errno)?.[0] ?? 'no number of an error'
}

for (const [name, make] of Object.entries(FILE_SYSTEMS)) {
  test(`paths are followed inside of a directory, and never out of it: ${name}`, (t) => {
    const guest = prepared(make(t))
    const follow = true
    for (const [path, options, expected] of [
      ['file', {}, 'ok'],
      ['./dir/.//inner', {}, 'ok'],
      ['dir/../file', {}, 'ok'],
      ['to-dir/inner', {}, 'ok'],
      ['to-dir/up', { follow }, 'ok'],
      ['to-dir/up', {}, 'LOOP'],
      ['to-dir/', { rights: 2n, follow }, 'ok'],
      ['dir', { rights: 2n }, 'ok'],
      ['.', { rights: 2n }, 'ok'],
      ['dir/empty/..', { rights: 2n, flags: DIRECTORY }, 'ok'],
      ['', {}, 'NOENT'],
      ['..', {}, 'PERM'],
      ['/', {}, 'PERM'],
      ['/file', {}, 'PERM'],
      ['../file', {}, 'PERM'],
      ['dir/../../file', {}, 'PERM'],
      ['dir/out', { follow }, 'PERM'],
      ['dir/out/etc/passwd', {}, 'PERM'],
      ['file/', {}, 'NOTDIR'],
      ['file/x', {}, 'NOTDIR'],
      ['file', { flags: DIRECTORY }, 'NOTDIR'],
      ['dir', {}, 'ISDIR'],
      ['missing', {}, 'NOENT'],
      ['missing/x', { flags: CREAT }, 'NOENT'],
      ['dangling', { follow }, 'NOENT'],
      ['circle', { follow }, 'LOOP'],
      ['circle/x', {}, 'LOOP'],
      ['fi\0le', {}, 'INVAL'],
      [`${'x/'.repeat(3000)}x`, {}, 'NAMETOOLONG'],
      ['x'.repeat(300), { flags: CREAT }, 'NAMETOOLONG'],
      ['file', { flags: CREAT | EXCL }, 'EXIST'],
      ['dangling', { flags: CREAT | EXCL, follow }, 'EXIST'],
      ['dir', { flags: CREAT, rights: 2n }, 'ISDIR'],
      ['dir', { flags: CREAT | DIRECTORY, rights: 2n }, 'INVAL'],
      ['file', { flags: 64 }, 'INVAL'],
      ['file', { fdFlags: 64 }, 'INVAL'],
      ['file', { flags: TRUNC }, 'ok'],
      // Made where the link leads to.
      ['dangling', { flags: CREAT, follow }, 'ok'],
      ['nothing', {}, 'ok'],
    ] as const)
      assert.equal(
        opened(guest, path, options),
        expected,
        `${path.slice(0, 40)} ${JSON.stringify(options, (_, value) => (typeof value === 'bigint' ? `${value}n` : (value as unknown)))}`,
      )
  })

  test(`what is done by path answers as Linux does: ${name}`, (t) => {
    const guest = prepared(make(t))
    const one = (call: string, path: string) => nameOf(guest.call(call, 0, ...guest.text(path)))
    const two = (call: 'path_rename' | 'path_link', from: string, to: string) =>
      nameOf(
        call === 'path_rename'
          ? guest.call(call, 0, ...guest.text(from), 0, ...guest.text(to))
          : guest.call(call, 0, 0, ...guest.text(from), 0, ...guest.text(to)),
      )
    const symlink = (target: string, path: string) =>
      nameOf(guest.call('path_symlink', ...guest.text(target), 0, ...guest.text(path)))
    const readlink = (path: string, length: number) =>
      nameOf(guest.call('path_readlink', 0, ...guest.text(path), 40_000, length, DirectGuest.RESULT))
    for (const [result, expected] of [
      [one('path_create_directory', 'dir'), 'EXIST'],
      [one('path_create_directory', 'file/x'), 'NOTDIR'],
      [one('path_create_directory', '.'), 'EXIST'],
      [one('path_create_directory', 'new/'), 'SUCCESS'],
      [one('path_remove_directory', 'new/'), 'SUCCESS'],
      [one('path_remove_directory', 'dir'), 'NOTEMPTY'],
      [one('path_remove_directory', 'file'), 'NOTDIR'],
      [one('path_remove_directory', 'to-dir'), 'NOTDIR'],
      [one('path_remove_directory', '.'), 'INVAL'],
      [one('path_unlink_file', 'dir'), 'ISDIR'],
      [one('path_unlink_file', 'file/'), 'NOTDIR'],
      [one('path_unlink_file', 'missing'), 'NOENT'],
      [one('path_unlink_file', '../x'), 'PERM'],
      [symlink('/etc/passwd', 'absolute'), 'PERM'],
      [symlink('x', 'file'), 'EXIST'],
      [symlink('', 'y'), 'NOENT'],
      [readlink('file', 100), 'INVAL'],
      [readlink('missing', 100), 'NOENT'],
      [readlink('dir/up', 100), 'SUCCESS'],
      [two('path_link', 'dir', 'dir2'), 'PERM'],
      [two('path_link', 'file', 'dir/inner'), 'EXIST'],
      [two('path_link', 'file', 'twin'), 'SUCCESS'],
      [two('path_rename', 'twin', 'file'), 'SUCCESS'],
      [two('path_rename', 'dir', 'dir/empty/x'), 'INVAL'],
      [two('path_rename', 'file', 'dir'), 'ISDIR'],
      [two('path_rename', 'dir', 'file'), 'NOTDIR'],
      [two('path_rename', 'dir/empty', 'to-dir/renamed/'), 'SUCCESS'],
      [two('path_rename', 'missing', 'x'), 'NOENT'],
      [two('path_rename', '.', 'x'), 'BUSY'],
      [two('path_rename', 'file', '../x'), 'PERM'],
    ] as const)
      assert.equal(result, expected)
    // A buffer that is too short gets the begin of it.
    assert.equal(readlink('dir/up', 4), 'SUCCESS')
    assert.equal(guest.view.getUint32(DirectGuest.RESULT, true), 4)
    assert.equal(Buffer.from(guest.bytes.subarray(40_000, 40_004)).toString(), '../f')
  })

  test(`a directory that is read only stays as it is: ${name}`, (t) => {
    const directory = make(t)
    prepared(directory)
    const guest = new DirectGuest({ descriptors: [preopened(directory, true)] })
    const inner = ~guest.open(0, 'dir', { rights: 2n })
    assert.equal(opened(guest, 'file', { rights: 2n }), 'ok')
    for (const result of [
      opened(guest, 'file', {}),
      opened(guest, 'file', { rights: 2n, flags: TRUNC }),
      nameOf(guest.call('path_unlink_file', inner, ...guest.text('inner'))),
      nameOf(guest.call('path_create_directory', inner, ...guest.text('x'))),
      nameOf(guest.call('path_filestat_set_times', 0, 0, ...guest.text('file'), 1n, 1n, 5)),
      nameOf(guest.call('fd_filestat_set_times', ~guest.open(0, 'file', { rights: 2n }), 1n, 1n, 5)),
    ])
      assert.equal(result, 'ROFS')
    assert.equal(opened(guest, 'new', { rights: 2n, flags: CREAT }), 'ROFS')
    assert.equal(opened(guest, 'file', { rights: 2n, flags: CREAT | EXCL }), 'EXIST')
  })

  test(`a time that is not set stays as it is, to the nanosecond: ${name}`, (t) => {
    const guest = prepared(make(t))
    const times = (path: string): readonly bigint[] => {
      assert.equal(guest.call('path_filestat_get', 0, 0, ...guest.text(path), DirectGuest.RESULT), 0)
      return [40, 48].map((at) => guest.view.getBigInt64(DirectGuest.RESULT + at, true))
    }
    const setTimes = (path: string, accessedAt: bigint, modifiedAt: bigint, flags: number) =>
      assert.equal(
        guest.call('path_filestat_set_times', 0, 0, ...guest.text(path), accessedAt, modifiedAt, flags),
        0,
      )
    for (const path of ['file', 'dir', '.', 'dangling']) {
      const [accessed, modified] = times(path)
      setTimes(path, 5_000_000_000n, 0n, FstFlag.ATIM)
      assert.deepEqual(times(path), [5_000_000_000n, modified], path)
      setTimes(path, 0n, -1_500_000_000n, FstFlag.MTIM)
      assert.deepEqual(times(path), [5_000_000_000n, -1_500_000_000n], path)
      setTimes(path, 0n, 0n, FstFlag.ATIM_NOW)
      assert.ok(times(path)[0]! >= accessed!, path)
      assert.equal(times(path)[1], -1_500_000_000n, path)
    }
  })
}

test('of devices only those that are harmless can be opened, and none can hold up the host', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasi-'))
  t.after(() => rmSync(folder, { recursive: true }))
  execFileSync('mkfifo', [join(folder, 'fifo')])
  const devices = hostDirectory('/dev')
  const pipes = hostDirectory(folder)
  t.after(() => [devices, pipes].forEach((directory) => directory.close()))
  const guest = new DirectGuest({ descriptors: [preopened(devices), preopened(pipes)] })
  for (const [fd, path, expected] of [
    [0, 'null', 'ok'],
    [0, 'zero', 'ok'],
    [0, 'tty', 'refused'],
    [1, 'fifo', 'refused'],
  ] as const) {
    const result = guest.open(fd, path, { rights: 2n })
    assert.equal(result < 0 ? 'ok' : 'refused', expected, path)
  }
})

test('no link, also one that changes all the time, leads out of a directory of the host', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasi-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'in/sub'), { recursive: true })
  mkdirSync(join(folder, 'secret/sub'), { recursive: true })
  writeFileSync(join(folder, 'secret/sub/file'), 'secret')
  writeFileSync(join(folder, 'in/sub/file'), 'public')
  symlinkSync(join(folder, 'secret'), join(folder, 'in/absolute'))
  symlinkSync('../secret', join(folder, 'in/relative'))
  const real = hostDirectory(join(folder, 'in'))
  const plain = new DirectGuest({ descriptors: [preopened(real)] })
  for (const path of ['absolute/sub/file', 'relative/sub/file']) {
    assert.equal(nameOf(plain.open(0, path)), 'PERM')
    assert.equal(nameOf(plain.call('path_filestat_get', 0, 1, ...plain.text(path), 40_000)), 'PERM')
  }
  // Whoever looked at `sub` once and then opened it by its path would be led out: it is swapped right after the look.
  const swapping = swappedAfterLook(real, () => {
    rmSync(join(folder, 'in/sub'), { recursive: true })
    symlinkSync('../secret/sub', join(folder, 'in/sub'))
  })
  const guest = new DirectGuest({ descriptors: [preopened(swapping)] })
  assert.equal(nameOf(guest.open(0, 'sub/file', { rights: 2n, follow: true })), 'LOOP')
  assert.equal(readFileSync(join(folder, 'in/sub/file'), 'utf8'), 'secret')
  assert.deepEqual(readdirSync(join(folder, 'secret/sub')), ['file'])
  real.close()
})

/** The same directory, in which somebody is quick. */
function swappedAfterLook(real: DirectoryHandle, swap: () => void): DirectoryHandle {
  return new Proxy(real, {
    get(target, key) {
      const value = Reflect.get(target, key, target) as unknown
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        const result = Reflect.apply(value, target, args) as unknown
        if (key === 'linkAt') swap()
        return result
      }
    },
  })
}
