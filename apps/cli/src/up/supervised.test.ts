import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Supervised, type ChildExit } from './supervised.ts'

const SLEEPER = `process.stdout.write('pid ' + process.pid + '\\n'); setInterval(() => {}, 1000)`

interface Watched {
  readonly child: Supervised
  /** Resolves with each line, in turn. */
  readonly nextLine: () => Promise<string>
  readonly nextExit: () => Promise<ChildExit>
}

function watch(script: string, again = true): Watched {
  const lines = queue<string>()
  const exits = queue<ChildExit>()
  const child = new Supervised({
    name: 'test',
    args: ['-e', script],
    onLine: lines.put,
    onExit: (exit) => {
      exits.put(exit)
      return again
    },
  })
  return { child, nextLine: lines.take, nextExit: exits.take }
}

interface Queue<T> {
  readonly put: (item: T) => void
  readonly take: () => Promise<T>
}

function queue<T>(): Queue<T> {
  const items: T[] = []
  const takers: ((item: T) => void)[] = []
  return {
    put(item) {
      const taker = takers.shift()
      if (taker) taker(item)
      else items.push(item)
    },
    take: () =>
      items.length > 0 ? Promise.resolve(items.shift()!) : new Promise((resolve) => takers.push(resolve)),
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a child that is killed comes back, another one each time, and stays ended after stop', async () => {
  const { child, nextLine, nextExit } = watch(SLEEPER)
  child.start()
  const pids = new Set<string>()
  for (let round = 0; round < 3; round++) {
    const line = await nextLine()
    pids.add(line)
    process.kill(Number(line.split(' ')[1]), 'SIGKILL')
    assert.equal((await nextExit()).signal, 'SIGKILL')
  }
  const last = await nextLine()
  await child.stop()
  assert.equal(pids.size, 3)
  assert.ok(!pids.has(last))
  assert.equal(isAlive(Number(last.split(' ')[1])), false)
  assert.equal(child.pid, undefined)
})

test('waits grow while it fails at once', async () => {
  const { child, nextExit } = watch('process.exit(7)')
  child.start()
  const waits: number[] = []
  for (let round = 0; round < 3; round++) {
    const exit = await nextExit()
    assert.equal(exit.code, 7)
    waits.push(exit.restartInMs)
  }
  await child.stop()
  assert.deepEqual(waits, [100, 200, 400])
})

test('it is not started again where that is not wanted', async () => {
  const { child, nextExit } = watch('process.exit(5)', false)
  child.start()
  assert.equal((await nextExit()).code, 5)
  await child.stop()
})

test('its log arrives line by line, the last one without an end too', async () => {
  const lines = queue<string>()
  await using child = new Supervised({
    name: 'test',
    args: ['-e', `process.stderr.write('one\\ntw'); process.stderr.write('o\\nthree')`],
    onLog: lines.put,
    onExit: () => false,
  })
  child.start()
  assert.deepEqual([await lines.take(), await lines.take(), await lines.take()], ['one', 'two', 'three'])
})

test('when its keeper is killed -9 the child ends by itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-supervised-'))
  try {
    const keeper = join(folder, 'keeper.mjs')
    writeFileSync(
      keeper,
      `import { Supervised } from ${JSON.stringify(new URL('./supervised.ts', import.meta.url).href)}
       new Supervised({ name: 'test', args: ['-e', ${JSON.stringify(SLEEPER)}], onExit: () => false,
         onLine: (line) => process.stdout.write(line + '\\n') }).start()`,
    )
    const process_ = spawn(process.execPath, [keeper], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(process_.stdout, 'data')) as [Buffer]
    const pid = Number(line.toString().trim().split(' ')[1])
    assert.ok(isAlive(pid))
    process_.kill('SIGKILL')
    while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
