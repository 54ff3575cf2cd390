// `quadrant observe` and the other commands against real servers, over their restarts.
import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { EXPLANATIONS, findExplanation } from '../explain/explanations.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const data = mkdtempSync(join(tmpdir(), 'quadrant-live-'))

interface Program {
  readonly child: ChildProcess
  readonly out: () => string
  readonly err: () => string
}

const started = new Set<ChildProcess>()

function start(...args: string[]): Program {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  started.add(child)
  child.once('exit', () => started.delete(child))
  const texts = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text))
  return { child, out: () => texts.out, err: () => texts.err }
}

async function run(...args: string[]): Promise<Program & { readonly code: number | null }> {
  const program = start(...args)
  const [code] = (await once(program.child, 'close')) as [number | null]
  return { ...program, code }
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (isSo()) return
    await sleep(100)
  }
  throw new Error(`never: ${what}`)
}

/** A connection that stays open: long enough for every source to see it. */
async function openConnection(): Promise<{ port: number; server: Server; socket: Socket }> {
  const server = createServer((socket) => socket.resume()).listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port }).resume()
  await once(socket, 'connect')
  return { port, server, socket }
}

const serverPid = () => (JSON.parse(readFileSync(join(data, 'server.json'), 'utf8')) as { pid: number }).pid
const rowsOf = (text: string, port: number) =>
  text.split('\n').filter((line) => line.includes(`"remotePort":${port},`)).length

before(async () => {
  const up = start('up', '--data', data, '--port', '0', '--source', 'proc')
  await until('the server is up', () => up.out().includes('http://'))
})
after(async () => {
  await Promise.all(
    [...started].map((child) => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      return ended
    }),
  )
  rmSync(data, { recursive: true, force: true })
})

test(
  'observe -f goes on over a restart of the server, and tells no flow twice',
  { timeout: 90_000 },
  async () => {
    const follow = start('observe', '-f', '--since', '5m', '--data', data, '-o', 'jsonl')
    const first = await openConnection()
    await until('the first connection', () => rowsOf(follow.out(), first.port) > 0)
    const pid = serverPid()
    process.kill(pid, 'SIGKILL')
    await until('the break is told', () => follow.err().includes('the server went away'))
    const second = await openConnection()
    await until('the second connection', () => rowsOf(follow.out(), second.port) > 0)
    assert.match(follow.err(), /the server is back/)
    assert.notEqual(serverPid(), pid)
    const rows = follow.out().trim().split('\n')
    assert.equal(new Set(rows).size, rows.length)
    follow.child.kill('SIGINT')
    const [code] = (await once(follow.child, 'close')) as [number | null]
    assert.equal(code, 130)
    for (const { socket, server } of [first, second]) {
      socket.destroy()
      server.close()
    }
  },
)

test('a refused token is exit code 4, with what mends it', { timeout: 60_000 }, async () => {
  const wrong = mkdtempSync(join(tmpdir(), 'quadrant-wrong-'))
  const file = JSON.parse(readFileSync(join(data, 'server.json'), 'utf8')) as Record<string, unknown>
  writeFileSync(join(wrong, 'server.json'), JSON.stringify({ ...file, token: 'not-the-token' }))
  const check = async (...args: string[]) => {
    const { code, err, out } = await run(...args, '--data', wrong)
    assert.equal(code, 4, err())
    assert.equal(out(), '')
    assert.match(err(), /^error\[QDR-C004\][^\n]*refused the token[^\n]*\nfix: restart it: .* up --data /)
  }
  try {
    await Promise.all([check('status'), check('top'), check('observe'), check('observe', '-f')])
  } finally {
    rmSync(wrong, { recursive: true, force: true })
  }
})

test('status shows the address that opens the console', { timeout: 60_000 }, async () => {
  const { out } = await run('status', '--data', data)
  const address = /http:\S+/.exec(out())![0]
  assert.equal((await fetch(address, { redirect: 'manual' })).status, 303)
})

test('the server says how a command reaches it, and that command runs', { timeout: 60_000 }, async () => {
  const { out } = await run('status', '--data', data, '-o', 'json')
  const told = JSON.parse(out()) as { command: string; dataDir: string; dataIsDefault: boolean }
  assert.deepEqual([told.command, told.dataDir, told.dataIsDefault], ['npx quadrant', data, false])
  const copied = spawnSync('sh', ['-c', `${told.command} top --data '${told.dataDir}' -o json`], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  assert.equal(copied.status, 0, copied.stderr)
  assert.ok(Array.isArray((JSON.parse(copied.stdout) as { edges: unknown }).edges))
})

test('a map of the past has the edges of then', { timeout: 60_000 }, async () => {
  const { port, server, socket } = await openConnection()
  const edges = async (...args: string[]) => {
    const { code, out, err } = await run('top', '--data', data, '-o', 'json', '-q', `port:${port}`, ...args)
    assert.equal(code, 0, err())
    return (JSON.parse(out()) as { edges: unknown[] }).edges.length
  }
  await sleep(3000)
  assert.equal(await edges('--since', '1m'), 1)
  assert.equal(await edges('--since', '2h', '--until', '1h'), 0)
  socket.destroy()
  server.close()
})

test(
  'every check of a running server can be explained, and every stage that it counts',
  { timeout: 60_000 },
  async () => {
    const doctor = await run('doctor', '--data', data, '-o', 'json')
    const { checks } = JSON.parse(doctor.out()) as { checks: { id: string }[] }
    assert.ok(checks.some(({ id }) => id === 'server.store'))
    for (const { id } of checks) assert.ok(findExplanation(id), id)
    const status = await run('status', '--data', data, '-o', 'json')
    const { drops, stages } = JSON.parse(status.out()) as Record<'drops' | 'stages', { stage: string }[]>
    for (const { stage } of [...drops, ...stages]) assert.ok(EXPLANATIONS.has(stage), stage)
  },
)
