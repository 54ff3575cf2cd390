// How agents leave: in the middle of anything, and it is nobody's fault. Only bytes that do not decode are malformed.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  connect as connectHttp2,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
} from 'node:http2'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { create, toBinary } from '@bufbuild/protobuf'
import { SessionRequestSchema } from '@quadrant/proto'
import { ServerProcess } from '../testing/server-process.ts'
import { TemporaryDir } from '../testing/temporary.ts'

const CLIENT = fileURLToPath(new URL('../testing/agent-client.ts', import.meta.url))
const dir = new TemporaryDir()
let server: ServerProcess
before(async () => {
  server = await ServerProcess.start(dir.path)
})
after(async () => {
  await server.stop()
  dir[Symbol.dispose]()
})

const refused = async () => (await server.api.getStatus({})).refused.map(({ reason }) => reason)

/** Waits until the server has noticed that the agent is gone, or has refused what it sent. */
async function left(agentId: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { agents, refused: list } = await server.api.getStatus({})
    if (list.length > 0 || agents.some((agent) => agent.agentId === agentId && !agent.connected)) return
    await sleep(25)
  }
  throw new Error(`${agentId} is still there`)
}

test('a client that is killed with -9 has left', async () => {
  for (let round = 0; round < 3; round++) {
    const script = `
      const { AgentClient } = await import(${JSON.stringify(CLIENT)})
      const client = new AgentClient(${JSON.stringify(dir.path)})
      await client.hello({ agentId: 'killed-${round}' })
      process.stdout.write('there')
      for (;;) {
        client.send({ case: 'report', value: { source: 'proc', blindSpots: Array(60).fill('x'.repeat(100)) } })
        await new Promise(setImmediate)
      }`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await left(`killed-${round}`)
    assert.deepEqual(await refused(), [])
  }
})

/** A gRPC message: no compression, length, bytes. */
function envelope(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

const hello = (agentId: string) =>
  envelope(
    toBinary(
      SessionRequestSchema,
      create(SessionRequestSchema, { body: { case: 'hello', value: { agentId, host: agentId } } }),
    ),
  )

/** One stream that has said hello, then `bytes`. */
async function said(
  agentId: string,
  bytes: Uint8Array,
): Promise<{ session: ClientHttp2Session; stream: ClientHttp2Stream; closed: Promise<unknown> }> {
  const session = connectHttp2('http://agent', { createConnection: () => connect(`${dir.path}/agent.sock`) })
  session.on('error', () => undefined)
  const stream = session.request({
    ':method': 'POST',
    ':path': '/quadrant.v1.AgentService/Session',
    'content-type': 'application/grpc+proto',
    te: 'trailers',
  })
  stream.on('error', () => undefined)
  const closed = once(session, 'close')
  stream.write(hello(agentId))
  await once(stream, 'data') // The welcome.
  stream.resume()
  await new Promise((resolve) => stream.write(bytes, resolve))
  return { session, stream, closed }
}

const HALF = envelope(new Uint8Array(1000)).subarray(0, 500)
const ways: [name: string, leave: (session: ClientHttp2Session, stream: ClientHttp2Stream) => void][] = [
  ['aborts its stream', (_session, stream) => stream.close(constants.NGHTTP2_CANCEL)],
  ['resets its stream', (_session, stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR)],
  ['ends its stream', (_session, stream) => stream.end()],
  ['closes its connection', (session) => session.destroy()],
  ['loses its connection', (session) => session.socket.destroy()],
]
for (const [name, leave] of ways)
  for (const [when, bytes] of [
    ['between two messages', new Uint8Array(0)],
    ['within the head of a message', HALF.subarray(0, 3)],
    ['within a message', HALF],
  ] as const)
    test(`an agent that ${name} ${when} has left`, async () => {
      const agentId = `${name} ${when}`
      const { session, stream, closed } = await said(agentId, bytes)
      leave(session, stream)
      await left(agentId)
      session.destroy()
      await closed
      assert.deepEqual(await refused(), [])
      assert.doesNotMatch(server.log, /refused|malformed/)
    })

const broken: [name: string, bytes: Uint8Array][] = [
  ['bytes of no message', envelope(Buffer.alloc(20, 0xff))],
  ['a compression that was not agreed on', Buffer.concat([Buffer.of(1), hello('x').subarray(1)])],
]
for (const [index, [name, bytes]] of broken.entries())
  test(`malformed, also where the agent ends its stream after them: ${name}`, async () => {
    const { session, stream, closed } = await said(`broken-${index}`, bytes)
    const ended = once(stream, 'close')
    stream.end()
    await ended
    session.destroy()
    await closed
    const { refused: list } = await server.api.getStatus({})
    assert.deepEqual(
      list.map(({ reason, count }) => [reason, count]),
      [['malformed', index + 1]],
    )
  })
