import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { DirectGuest, preopened } from '../../testing/direct-guest.ts'
import { Errno } from '../errno.ts'
import { hostDirectory } from '../fs/host-directory.ts'
import { memoryDirectory } from '../fs/memory-file-system.ts'
import { bytesInput, CollectedOutput } from '../io/buffers.ts'
import { SocketListener } from '../io/socket.ts'
import { GuestExit, GuestKill } from '../process.ts'

const ERRNOS = new Set<number>(Object.values(Errno))
const PAGE = 65_536

/** What a guest imports, and how many arguments each takes; i64 ones by their place. */
const SIGNATURES: Readonly<Record<string, string>> = {
  args_get: 'ii',
  args_sizes_get: 'ii',
  environ_get: 'ii',
  environ_sizes_get: 'ii',
  clock_res_get: 'ii',
  clock_time_get: 'iIi',
  fd_advise: 'iIIi',
  fd_allocate: 'iII',
  fd_close: 'i',
  fd_datasync: 'i',
  fd_fdstat_get: 'ii',
  fd_fdstat_set_flags: 'ii',
  fd_fdstat_set_rights: 'iII',
  fd_filestat_get: 'ii',
  fd_filestat_set_size: 'iI',
  fd_filestat_set_times: 'iIIi',
  fd_pread: 'iiiIi',
  fd_prestat_get: 'ii',
  fd_prestat_dir_name: 'iii',
  fd_pwrite: 'iiiIi',
  fd_read: 'iiii',
  fd_readdir: 'iiiIi',
  fd_renumber: 'ii',
  fd_seek: 'iIii',
  fd_sync: 'i',
  fd_tell: 'ii',
  fd_write: 'iiii',
  path_create_directory: 'iii',
  path_filestat_get: 'iiiii',
  path_filestat_set_times: 'iiiiIIi',
  path_link: 'iiiiiii',
  path_open: 'iiiiiIIii',
  path_readlink: 'iiiiii',
  path_remove_directory: 'iii',
  path_rename: 'iiiiii',
  path_symlink: 'iiiii',
  path_unlink_file: 'iii',
  poll_oneoff: 'iiii',
  proc_exit: 'i',
  proc_raise: 'i',
  sched_yield: '',
  random_get: 'ii',
  sock_accept: 'iii',
  sock_recv: 'iiiiii',
  sock_send: 'iiiii',
  sock_shutdown: 'ii',
}

/** Paths lie at multiples of 32, and pieces that point everywhere behind them. */
const PATHS = [
  '.',
  '..',
  'a',
  'a/b',
  'link',
  'out',
  '../x',
  '/',
  'a/../..',
  'a/b/c',
  'loop/x',
  'file',
  'file/',
  '',
]

const i32 = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 9 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 40 }).map((index) => index * 32) },
  { weight: 1, arbitrary: fc.constantFrom(-1, PAGE, PAGE - 1, PAGE - 8, PAGE - 24, 2 ** 31 - 1, -(2 ** 31)) },
  { weight: 1, arbitrary: fc.integer() },
)
const i64 = fc.oneof(
  fc.bigInt(0n, 64n),
  fc.constantFrom(-1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, 2n ** 32n, 0x42n, 0x4042n),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
)

const call = fc.constantFrom(...Object.keys(SIGNATURES)).chain((name) =>
  fc.record({
    name: fc.constant(name),
    args: fc.tuple(
      ...[...SIGNATURES[name]!].map((kind): fc.Arbitrary<number | bigint> => (kind === 'i' ? i32 : i64)),
    ),
  }),
)

test('all calls of preview 1 are there, and no other', () => {
  assert.deepEqual(Object.keys(new DirectGuest().imports).sort(), Object.keys(SIGNATURES).sort())
})

test('whatever a guest calls with whatever arguments, it gets an answer, and the host stays as it is', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasi-fuzz-'))
  const faults: unknown[] = []
  const onFault = (message: unknown) => faults.push(message)
  subscribe('quadrant:wasm:fault', onFault)
  t.after(() => {
    unsubscribe('quadrant:wasm:fault', onFault)
    rmSync(folder, { recursive: true })
  })
  mkdirSync(join(folder, 'in/a'), { recursive: true })
  writeFileSync(join(folder, 'x'), 'outside')
  symlinkSync('../x', join(folder, 'in/out'))
  writeFileSync(join(folder, 'in/file'), 'inside')
  const seen = new Map<string, Set<number>>()

  const newGuest = () => {
    const listener = new SocketListener(createServer())
    const guest = new DirectGuest({
      args: ['prog', 'x'],
      descriptors: [
        { kind: 'stream', input: bytesInput('input'), isTerminal: false, flags: 0 },
        { kind: 'stream', output: new CollectedOutput(64 << 10), isTerminal: true, flags: 0 },
        preopened(
          memoryDirectory({ files: { 'a/b/c': 'deep', file: 'x' }, bytesMax: 1 << 20, nodesMax: 100 }),
        ),
        preopened(hostDirectory(join(folder, 'in'))),
        { kind: 'listener', listener, flags: 0 },
      ],
    })
    for (const [index, path] of PATHS.entries())
      guest.bytes.set(Buffer.from(path.padEnd(32, 'a')), index * 32)
    for (let at = 512; at < 4096; at += 4) guest.view.setUint32(at, (at * 2_654_435_761) >>> (at % 31), true)
    return guest
  }

  const answerOf = async (guest: DirectGuest, name: string, args: readonly (number | bigint)[]) => {
    try {
      const answer = guest.call(name, ...args)
      if (typeof answer === 'number') return answer
      // What waits is ended from outside, unless it is over by then.
      setImmediate(() => setImmediate(() => guest.guest.kill('aborted')))
      return await answer
    } catch (error) {
      assert.ok(error instanceof GuestExit || error instanceof GuestKill, String(error))
      return undefined
    }
  }

  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 10, maxLength: 60 }), async (calls) => {
      let guest = newGuest()
      for (const { name, args } of calls) {
        const errno = await answerOf(guest, name, args)
        if (errno === undefined || guest.guest.ending !== undefined) {
          guest.guest.descriptors.closeAll()
          guest = newGuest()
        } else {
          assert.ok(ERRNOS.has(errno), `${name}(${args.join(', ')}) answered ${errno}`)
          const errnos = seen.get(name) ?? new Set()
          seen.set(name, errnos.add(errno))
        }
      }
      guest.guest.descriptors.closeAll()
    }),
    { seed: 6, numRuns: 400 },
  )
  assert.deepEqual(faults, [])
  assert.equal(readFileSync(join(folder, 'x'), 'utf8'), 'outside')
  assert.deepEqual(readdirSync(folder).sort(), ['in', 'x'])
  // Each call was refused for one reason at least, and many succeeded too: the arguments are not all nonsense.
  const succeeded = [...seen.values()].filter((errnos) => errnos.has(0)).length
  assert.ok(
    seen.size >= 44 && succeeded >= 24,
    `${seen.size} calls answered, ${succeeded} of them with success`,
  )
})
