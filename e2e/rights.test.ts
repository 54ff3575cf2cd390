// Who runs with which rights, and who listens: looked at from outside, in /proc.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentials, childOf, listeningSockets } from './processes.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { missing } from './requirements.ts'

const NOBODY = 65534

test(
  'the agent listens on nothing, the server has no capability in any thread',
  { skip: missing() },
  async () => {
    await using product = await RunningQuadrant.start()
    const agent = await eventually('the agent runs', () => childOf(product.pid, 'apps/agent'))
    const server = await eventually('the server runs', () => childOf(product.pid, 'apps/server'))
    await eventually('the agent is connected', async () => {
      const { stdout } = await product.run(['status', '-o', 'json'])
      return stdout.includes('"connected": true') || stdout.includes('"connected":true') ? true : undefined
    })
    assert.deepEqual(listeningSockets(agent), [])
    const { uid, capabilities, ...confined } = credentials(server)
    assert.equal(uid, Number(process.env['SUDO_UID'] ?? NOBODY))
    assert.ok(capabilities.length > 1)
    for (const [effective, permitted] of capabilities) assert.deepEqual([effective, permitted], [0n, 0n])
    const inet = listeningSockets(server).filter((socket) => !socket.startsWith('unix'))
    assert.equal(inet.length > 0, true)
    for (const socket of inet) assert.match(socket, /^tcp 0100007F:|^tcp6 00000000000000000000000001000000:/)
    assert.deepEqual([confined.noNewPrivs, confined.bounding], [true, 0n])
    const all = (1n << 41n) - 1n
    for (const [effective] of credentials(agent).capabilities) assert.notEqual(effective, all)
  },
)

test('SIGUSR1 opens no debugger, and ends nothing', { skip: missing() }, async () => {
  await using product = await RunningQuadrant.start()
  const agent = await eventually('the agent runs', () => childOf(product.pid, 'apps/agent'))
  const server = await eventually('the server runs', () => childOf(product.pid, 'apps/server'))
  await eventually('the agent is confined', () => (credentials(agent).noNewPrivs ? true : undefined))
  const before = [product.pid, agent, server].map(listeningSockets)
  for (const pid of [product.pid, agent, server]) process.kill(pid, 'SIGUSR1')
  // Node opens the port within some milliseconds of the signal.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const now = [product.pid, agent, server].map(listeningSockets)
  assert.deepEqual(now, before)
  const debuggerPort = 9229
  for (const socket of now.flat())
    assert.ok(!socket.endsWith(`:${debuggerPort.toString(16).toUpperCase()}`), socket)
  assert.equal(childOf(product.pid, 'apps/agent'), agent)
  assert.equal(childOf(product.pid, 'apps/server'), server)
  const { stdout } = await product.run(['status', '-o', 'json'])
  assert.equal((JSON.parse(stdout) as { serverPid: number }).serverPid, server)
})
