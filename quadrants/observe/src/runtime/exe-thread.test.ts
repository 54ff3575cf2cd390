import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, existsSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileSource } from './exe-file.ts'
import type { ReadAnswer } from './exe-order.ts'
import { ExeThread } from './exe-thread.ts'
import { readExe } from './read-exe.ts'

const folder = mkdtempSync(join(tmpdir(), 'quadrant-thread-'))
after(() => rmSync(folder, { recursive: true }))

const HANGING = new URL('exe-worker.fixture.ts', import.meta.url)

/** A clock that a test sets. */
class Clock {
  ns = 1e12
  readonly epochNs = () => this.ns
  readonly monotonicNs = () => this.ns
}

/** What a read order is answered; undefined where it is given up. */
function ask(thread: ExeThread, path: string, device = '1'): Promise<string | undefined> {
  const order = {
    kind: 'read',
    key: `${device}:0:0:0`,
    fd: -1,
    byteLength: 0,
    path,
    knownId: undefined,
  } as const
  return new Promise((resolve) =>
    thread.ask(order, (answer) => resolve(answer && 'refusal' in answer ? answer.refusal : undefined)),
  )
}

/** Waits until the thread is in a FIFO. */
async function isHeldUp(fifo: string): Promise<void> {
  while (!existsSync(`${fifo}.read`)) await sleep(5)
  rmSync(`${fifo}.read`)
}

/** Lets all go on that are in a FIFO; those that were left behind end then. */
async function letGo(thread: ExeThread, fifo: string): Promise<void> {
  while (thread.hungCount > 0) {
    const fd = openSync(fifo, constants.O_RDWR)
    await sleep(5)
    closeSync(fd)
    await sleep(5)
  }
}

test('a file that never comes back is given up: others are read by the next thread, its device is left alone', async () => {
  const fifo = join(folder, 'gone.fifo')
  execFileSync('mkfifo', [fifo])
  const clock = new Clock()
  using thread = new ExeThread({ clock, module: HANGING })
  const gone = ask(thread, fifo, '7')
  const others = [ask(thread, 'a'), ask(thread, 'b'), ask(thread, 'c', '7')]
  await isHeldUp(fifo)
  clock.ns += 1e9
  thread.work()
  assert.equal(thread.hungCount, 0)
  clock.ns += 1e10
  thread.work()
  assert.equal(await gone, undefined)
  assert.deepEqual(await Promise.all(others), ['a', 'b', undefined])
  assert.deepEqual([thread.hungCount, thread.isIdle], [1, true])
  assert.equal(await ask(thread, 'd', '7'), undefined)
  clock.ns += 6e11
  assert.equal(await ask(thread, 'e', '7'), 'e')
  await letGo(thread, fifo)
  assert.equal(await ask(thread, 'f', '7'), 'f')
})

test('no more threads are left behind than a few', async () => {
  const fifo = join(folder, 'again.fifo')
  execFileSync('mkfifo', [fifo])
  const clock = new Clock()
  using thread = new ExeThread({ clock, module: HANGING })
  for (let device = 0; device < 4; device++) {
    const gone = ask(thread, fifo, `${device}`)
    await isHeldUp(fifo)
    clock.ns += 2e10
    thread.work()
    assert.equal(await gone, undefined)
  }
  assert.equal(await ask(thread, 'a', '9'), undefined)
  await letGo(thread, fifo)
  assert.equal(await ask(thread, 'b', '9'), 'b')
})

test('a thread that fails loses what it was at, and nothing else', async () => {
  using thread = new ExeThread({ clock: new Clock(), module: HANGING })
  const answers = ['a', 'throws', 'b'].map((path) => ask(thread, path))
  assert.deepEqual(await Promise.all(answers), ['a', undefined, 'b'])
})

test('files are read before others are searched, and an idle thread ends', async () => {
  const clock = new Clock()
  using thread = new ExeThread({ clock, module: HANGING })
  const told: string[] = []
  const search = { kind: 'search', key: '1:0:0:0', fd: -1, byteLength: 0 } as const
  const searched = new Promise<void>((resolve) => {
    thread.ask({ ...search }, () => told.push('first'))
    thread.ask({ ...search }, () => resolve(void told.push('search')))
  })
  await Promise.all([searched, ask(thread, 'a').then(() => told.push('read'))])
  assert.deepEqual(told, ['first', 'read', 'search'])
  clock.ns += 2e10
  thread.work()
  assert.equal(await ask(thread, 'b'), 'b')
})

test('what the thread reads is what can be read without it', async () => {
  const path = process.execPath
  const fd = openSync(path, 'r')
  try {
    const { size } = statSync(path)
    using thread = new ExeThread({ clock: new Clock() })
    const read = (knownId: string | undefined) =>
      new Promise<ReadAnswer | undefined>((resolve) =>
        thread.ask({ kind: 'read', key: 'a', fd, byteLength: size, path, knownId }, resolve),
      )
    const answer = await read(undefined)
    assert.deepEqual(answer, readExe(fileSource(fd, size), { path, knownId: undefined }))
    assert.ok(answer && 'exe' in answer && answer.exe)
    assert.deepEqual(await read(answer.exe.identity.id), { exe: undefined })
    assert.deepEqual(await read('00'), answer)
    const nothing = await new Promise<ReadAnswer | undefined>((resolve) =>
      thread.ask({ kind: 'read', key: 'b', fd: -1, byteLength: 64, path, knownId: undefined }, resolve),
    )
    assert.ok(nothing && 'refusal' in nothing)
  } finally {
    closeSync(fd)
  }
})
