import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentReport, Frame, Hello } from '@quadrant/proto'
import { AgentProcess, listeningSockets } from './agent-process.fixture.ts'
import { ack, TestServer, welcome } from './session/test-server.fixture.ts'

let data: string
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'quadrant-agent-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

async function until<T>(condition: () => T | undefined | false): Promise<T> {
  for (;;) {
    const value = condition()
    if (value) return value
    await sleep(5)
  }
}

interface Received {
  readonly hellos: Hello[]
  readonly frames: Frame[]
  readonly reports: AgentReport[]
}

function listen(received: Received): Promise<TestServer> {
  const { hellos, frames, reports } = received
  return TestServer.listen(join(data, 'agent.sock'), async function* (requests) {
    for await (const { body } of requests) {
      if (body.case === 'hello') {
        hellos.push(body.value)
        yield welcome(frames.at(-1)?.seq ?? 0)
      } else if (body.case === 'report') reports.push(body.value)
      else if (body.case === 'frame') {
        if (body.value.seq > (frames.at(-1)?.seq ?? 0)) frames.push(body.value)
        yield ack(body.value.seq)
      }
    }
  })
}

const nothing = (): Received => ({ hellos: [], frames: [], reports: [] })

test('usage errors end it with 2 and the usage; --help with 0', async () => {
  await using wrong = new AgentProcess(['--sauce'])
  assert.equal(await wrong.ended(), 2)
  assert.match(wrong.errorText, /Unknown option '--sauce'[^]*usage: agent/)
  await using help = new AgentProcess(['--help'])
  assert.equal(await help.ended(), 0)
})

test('it tells what it sees, says how it is, listens on nothing, and ends with 0', async () => {
  const received = nothing()
  await using _server = await listen(received)
  await using agent = new AgentProcess(['--data', data, '--source', 'proc'])
  await until(() => received.reports.length > 0 && received.frames.length > 0)

  const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const { port } = echo.address() as { port: number }
  const client = connect(port, '127.0.0.1')
  client.write('hello')
  await until(() =>
    received.frames.some(({ batch }) => batch!.edges.some((edge) => edge.serverPort === port)),
  )
  client.destroy()
  echo.close()

  const hello = received.hellos[0]!
  assert.equal(hello.pid, agent.pid)
  assert.equal(hello.firstSeq, 1)
  assert.ok(hello.bootId.length > 0 && hello.agentId.length > 0 && hello.host.length > 0)
  const report = received.reports.at(-1)!
  assert.equal(report.source, 'proc')
  assert.ok(report.cpuUs > 0 && report.rssBytes > 0 && report.spoolLimitBytes === 64 << 20)
  assert.ok(report.blindSpots.length > 0)
  assert.deepEqual(listeningSockets(agent.pid), [])
  // With the default handler Node would open its inspector's port now.
  agent.child.kill('SIGUSR1')
  const told = received.frames.length
  await until(() => received.frames.length > told + 1)
  assert.deepEqual(listeningSockets(agent.pid), [])

  assert.equal(statSync(join(data, 'agent')).mode & 0o777, 0o700)
  assert.equal(statSync(join(data, 'agent', 'journal')).mode & 0o777, 0o600)
  agent.child.kill('SIGTERM')
  assert.equal(await agent.ended(), 0)
  assert.equal(agent.logged('ended')?.['unsentFrames'], 0)
})

/** Rounds in which both sides are killed. */
const ROUNDS = process.env['QUADRANT_E2E'] === 'full' ? 6 : 3

test('kill -9 again and again, of both sides: numbers go on, each frame is committed once', async () => {
  const received = nothing()
  const { frames } = received
  for (let round = 0; round < ROUNDS; round++) {
    // In every other round the server is away at first, and in each it dies with the agent.
    let server = round % 2 === 0 ? await listen(received) : undefined
    await using agent = new AgentProcess(['--data', data, '--source', 'proc'])
    await until(() => agent.logged('observing'))
    const before = frames.length
    if (!server) await sleep(1300)
    server ??= await listen(received)
    await until(() => frames.length > before)
    agent.child.kill('SIGKILL')
    assert.equal(await agent.ended(), 'SIGKILL')
    await server[Symbol.asyncDispose]()
  }
  assert.deepEqual(
    frames.map(({ seq }) => seq),
    frames.map((_, index) => index + 1),
  )
  assert.equal(new Set(received.hellos.map(({ agentId }) => agentId)).size, 1)
  const starts = frames.map(({ batch }) => batch!.startNs)
  assert.deepEqual(
    starts,
    starts.toSorted((a, b) => a - b),
  )
})

test('a second agent on the same data ends, and says who is there', async () => {
  await using first = new AgentProcess(['--data', data, '--source', 'proc'])
  await until(() => first.logged('observing'))
  await using second = new AgentProcess(['--data', data, '--source', 'proc'])
  assert.equal(await second.ended(), 1)
  assert.match(
    second.errorText,
    new RegExp(`another agent \\(process ${first.pid}\\) uses this data directory`),
  )
  assert.equal(first.isAlive, true)
})

test('a journal of garbage is said, counted, and begun anew', async () => {
  const received = nothing()
  await using _server = await listen(received)
  {
    await using first = new AgentProcess(['--data', data, '--source', 'proc'])
    await until(() => received.frames.length > 0)
    first.child.kill('SIGKILL')
  }
  writeFileSync(join(data, 'agent', 'journal'), 'this is no journal, and never was one')
  received.frames.length = 0
  await using second = new AgentProcess(['--data', data, '--source', 'proc'])
  const frame = await until(() => received.frames[0])
  assert.equal(second.logged('journal opened')?.['state'], 'corrupt')
  assert.deepEqual(
    frame
      .batch!.drops.filter(({ stage }) => stage === 'agent.journal')
      .map(({ reason, count }) => [reason, count]),
    [['corrupt-bytes', 37]],
  )
})

test('--supervised: it ends when its standard input does', async () => {
  await using agent = new AgentProcess(['--data', data, '--source', 'proc', '--supervised'])
  await until(() => agent.logged('observing'))
  agent.child.stdin!.end()
  assert.equal(await agent.ended(), 0)
})

test('--supervised: it ends when its parent is killed', async () => {
  const script = `const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, ${JSON.stringify([join(import.meta.dirname, 'main.ts'), '--data', data, '--source', 'proc', '--supervised'])},
      { stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr.on('data', (text) => { if (String(text).includes('observing')) console.log(child.pid) })`
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [pid] = (await once(parent.stdout, 'data')) as [Buffer]
  parent.kill('SIGKILL')
  await until(() => !existsSync(`/proc/${Number(String(pid))}`))
})
