// `quadrant up` with its real parts.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const data = mkdtempSync(join(tmpdir(), 'quadrant-up-'))

interface Running {
  readonly child: ChildProcess
  readonly address: string
  log(): string
}

async function start(): Promise<Running> {
  const child = spawn(process.execPath, [MAIN, 'up', '--data', data, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const first = once(child.stdout.setEncoding('utf8'), 'data') as Promise<[string]>
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`up ended:\n${log}`)))
  ended.catch(() => {})
  const [line] = await Promise.race([first, ended])
  assert.match(line, /^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+\n$/)
  return { child, address: line.trim(), log: () => log }
}

async function quadrant(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args, '--data', data], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** Processes that were started for our data directory, by the script that they run. */
function parts(script: 'agent' | 'server'): number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return argv.includes(`/${script}/src/main.ts\0`) && argv.includes(`\0${data}\0`)
      } catch {
        return false // It has just ended.
      }
    })
    .map(Number)
}

async function until<T>(what: string, read: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let tries = 0; tries < 150; tries++) {
    const value = await read()
    if (value !== undefined) return value
    await sleep(200)
  }
  throw new Error(`never: ${what}`)
}

/** One connection of our own; its port. */
async function talk(): Promise<number> {
  const server = createServer((socket) => socket.write('hello')).listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect({ host: '127.0.0.1', port }).resume()
  const closed = once(client, 'close')
  await sleep(1500) // Long enough for the /proc source to see it.
  client.destroy()
  await closed
  server.close()
  return port
}

/** It sees what happens now. */
async function works(): Promise<void> {
  await until('an own connection is told', async () => {
    const port = await talk()
    const { code, out } = await quadrant('observe', '--since', '1m', '--port', String(port), '-o', 'jsonl')
    return code === 0 && out !== '' ? out : undefined
  })
}

let up: Running
before(async () => {
  up = await start()
})
after(async () => {
  up.child.kill('SIGKILL')
  await until('nothing is left', () =>
    parts('agent').length + parts('server').length === 0 ? true : undefined,
  )
  rmSync(data, { recursive: true, force: true })
})

test('it observes, and the server is an ordinary user', { timeout: 120_000 }, async () => {
  await works()
  const status = readFileSync(`/proc/${parts('server')[0]}/status`, 'utf8')
  assert.match(status, /^CapEff:\s+0+$/m)
  assert.doesNotMatch(status, /^Uid:.*\s0\s/m)
})

test('a second one names the first and its address', { timeout: 60_000 }, async () => {
  const { code, out, err } = await quadrant('up')
  assert.equal(code, 3)
  assert.equal(out, '')
  assert.ok(err.includes(`process ${up.child.pid}`) && err.includes(up.address), err)
})

test(
  'kill -9 of the agent, of the server, of both: it comes back at the same address',
  { timeout: 240_000 },
  async () => {
    for (const names of [['agent'], ['server'], ['agent', 'server']] as const) {
      const killed = names.flatMap((name) => parts(name))
      assert.equal(killed.length, names.length)
      for (const pid of killed) process.kill(pid, 'SIGKILL')
      await until('the server answers', async () => {
        const alive = names.every((name) => parts(name).some((pid) => !killed.includes(pid)))
        const response = alive ? await fetch(up.address).catch(() => undefined) : undefined
        return response && response.status < 500 ? true : undefined
      })
      await works()
      const { out } = await quadrant('status', '-o', 'json')
      assert.deepEqual((JSON.parse(out) as { refused: unknown[] }).refused, [], 'to die is no fault')
    }
  },
)

test('live rows and a replayed recording go through the same filters', { timeout: 120_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-recording-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const recording = join(folder, 'flows.jsonl')
  // Rows are told up to seconds after their time: only what is older is the same for both.
  const untilTime = String(Date.now() / 1e3)
  await sleep(5000)
  const { out: all } = await quadrant('observe', '--since', '10m', '--both-ends', '-o', 'jsonl')
  writeFileSync(recording, all)
  for (const filter of [
    ['--event', 'close'],
    ['--not', '--status', 'open'],
    ['--from', '127.0.0.1'],
    ['--port', '>1024'],
  ]) {
    const span = ['--since', '10m', '--until', untilTime, '-o', 'jsonl']
    const live = await quadrant('observe', ...span, ...filter)
    const replayed = await quadrant('observe', '--input-file', recording, ...span, ...filter)
    const rows = (text: string) => text.split('\n').sort()
    assert.notEqual(live.out, '', filter.join(' '))
    assert.deepEqual(rows(replayed.out), rows(live.out), filter.join(' '))
  }
})

test('Ctrl-C ends all of it with 130', { timeout: 60_000 }, async () => {
  up.child.kill('SIGINT')
  const [code] = (await once(up.child, 'exit')) as [number | null]
  assert.equal(code, 130, up.log())
  assert.deepEqual([...parts('agent'), ...parts('server')], [])
  assert.equal((await quadrant('status')).code, 3)
})

test(
  'kill -9 of up itself leaves nothing running, and the next one starts',
  { timeout: 120_000 },
  async () => {
    up = await start()
    up.child.kill('SIGKILL')
    await until('the parts have ended', () =>
      parts('agent').length + parts('server').length === 0 ? true : undefined,
    )
    up = await start()
    await works()
  },
)
