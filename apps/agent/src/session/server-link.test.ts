import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer as createHttp2Server } from 'node:http2'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { create, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import {
  AgentReportSchema,
  BatchSchema,
  type Frame,
  HelloSchema,
  type Instruction,
  SessionResponseSchema,
} from '@quadrant/proto'
import { Journal } from '../journal/journal.ts'
import { MemoryDirectory } from '../journal/memory-directory.fixture.ts'
import { ServerLink, type ServerLinkOptions } from './server-link.ts'
import { ack, type Behaviour, TestServer, welcome } from './test-server.fixture.ts'

let socketPath: string
const directories: string[] = []
// Also for each subtest, so that several are open at a time.
beforeEach(() => {
  directories.push(mkdtempSync(join(tmpdir(), 'quadrant-agent-link-')))
  socketPath = join(directories.at(-1)!, 'agent.sock')
})
afterEach(() => rmSync(directories.pop()!, { recursive: true }))

const silent = { info() {}, warn() {}, error() {}, fatal() {} }

function openLink(journal: Journal, options: Partial<ServerLinkOptions> = {}) {
  return new ServerLink(journal, {
    socketPath,
    log: silent,
    hello: () =>
      create(HelloSchema, {
        agentId: journal.agentId,
        host: 'test',
        firstSeq: journal.firstSeq,
        pid: process.pid,
      }),
    onServerForgot() {},
    onInstruction() {},
    backoff: { firstMs: 1, maxMs: 20 },
    ...options,
  })
}

function openJournal() {
  return new Journal(new MemoryDirectory(), { bootId: 'boot', newAgentId: 'agent' })
}

/** A tick with one edge of so many bytes, so that frames differ. */
function tell(journal: Journal, bytes: number, processes: string[] = []) {
  const batch = create(BatchSchema, {
    edges: [{ bytesToServer: bytes }],
    flows: { count: 1 },
    processes: processes.map((key) => ({ key })),
  })
  journal.append([toBinary(BatchSchema, batch)], new Uint8Array(4), { tellsLosses: false })
}

/** Waits for what must come; the test runner's own limit ends it if it never does. */
async function until(condition: () => boolean) {
  while (!condition()) await sleep(2)
}

/** Commits frames in order; `each` may do something else with one. */
function committing(frames: Frame[], each: (frame: Frame) => void = () => {}): Behaviour {
  return async function* (requests) {
    for await (const { body } of requests) {
      if (body.case === 'hello') yield welcome(frames.at(-1)?.seq ?? 0)
      if (body.case !== 'frame') continue
      each(body.value)
      if (body.value.seq > (frames.at(-1)?.seq ?? 0)) frames.push(body.value)
      yield ack(body.value.seq)
    }
  }
}

const seqs = (frames: readonly Frame[]) => frames.map(({ seq }) => seq)

test('frames arrive in order and as they were told, before and after the server is there', async () => {
  const journal = openJournal()
  await using link = openLink(journal)
  tell(journal, 1, ['7@1'])
  const frames: Frame[] = []
  await using _server = await TestServer.listen(socketPath, committing(frames))
  await until(() => journal.doneSeq === 1)
  assert.equal(link.isConnected, true)
  for (let i = 2; i <= 200; i++) tell(journal, i)
  link.wake()
  await until(() => journal.doneSeq === 200)
  assert.deepEqual(
    seqs(frames),
    Array.from({ length: 200 }, (_, i) => i + 1),
  )
  assert.deepEqual(
    frames.map(({ batch }) => batch!.edges[0]!.bytesToServer),
    seqs(frames),
  )
  assert.equal(frames[0]!.batch!.processes[0]!.key, '7@1')
  assert.equal(journal.frameCount, 0)
})

test('a server that dies after each few frames: sending goes on behind what it committed', async () => {
  const journal = openJournal()
  for (let i = 1; i <= 50; i++) tell(journal, i)
  const frames: Frame[] = []
  const offered: number[] = []
  let left = 0
  await using server = await TestServer.listen(socketPath, async function* (requests, attempt) {
    left = attempt % 7
    // Whether the last committed frame is acknowledged before the end is a matter of chance, as it is in life.
    yield* committing(frames, ({ seq }) => {
      offered.push(seq)
      if (left-- === 0) throw new ConnectError('killed', Code.Unavailable)
    })(requests, attempt)
  })
  await using _link = openLink(journal)
  await until(() => journal.doneSeq === 50)
  assert.deepEqual(
    seqs(frames),
    Array.from({ length: 50 }, (_, i) => i + 1),
  )
  assert.ok(server.attempts > 7 && offered.length > 50)
})

test('a server that reads nothing holds up nothing: the window is bounded, the newest report waits', async () => {
  const journal = openJournal()
  const reports: number[] = []
  let received = 0
  let goOn = () => {}
  const stopped = new Promise<void>((resolve) => {
    goOn = resolve
  })
  await using _server = await TestServer.listen(socketPath, async function* (requests) {
    for await (const { body } of requests) {
      if (body.case === 'hello') {
        yield welcome(0)
        await stopped
      } else if (body.case === 'report') reports.push(body.value.timeNs)
      else if (body.case === 'frame') {
        received++
        yield ack(body.value.seq)
      }
    }
  })
  await using link = openLink(journal)
  await until(() => link.isConnected)
  for (let i = 0; i < 1000; i++) {
    tell(journal, i, ['x'.repeat(1000)])
    link.report(create(AgentReportSchema, { timeNs: i }))
    link.wake()
    if (i % 100 === 0) await sleep(1)
  }
  await until(() => journal.sentSeq >= 64)
  assert.equal(journal.sentSeq, 64)
  assert.equal(journal.frameCount, 1000)
  goOn()
  await until(() => journal.frameCount === 0)
  assert.equal(received, 1000)
  await until(() => reports.at(-1) === 999)
  assert.ok(reports.length < 20, `${reports.length} reports`)
})

test('a server that acknowledges twice, or older frames again, does no harm', async () => {
  const journal = openJournal()
  for (let i = 1; i <= 10; i++) tell(journal, i)
  const frames: number[] = []
  await using server = await TestServer.listen(socketPath, async function* (requests) {
    for await (const { body } of requests) {
      if (body.case === 'hello') yield welcome(0)
      if (body.case !== 'frame') continue
      frames.push(body.value.seq)
      yield ack(body.value.seq)
      yield ack(body.value.seq)
      yield ack(1)
    }
  })
  await using _link = openLink(journal)
  await until(() => journal.doneSeq === 10)
  assert.deepEqual(frames, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  assert.equal(server.attempts, 1)
})

test('a server that breaks the protocol is left, and nothing of it is believed', async (t) => {
  const broken = {
    'an acknowledgement of what was not sent': [welcome(0), ack(99)],
    'an acknowledgement that is no number': [welcome(0), ack(Number.NaN)],
    'an acknowledgement of a fraction': [welcome(0), ack(0.5)],
    'an acknowledgement before the welcome': [ack(1)],
    'two welcomes': [welcome(0), welcome(0)],
    'a welcome with a negative number': [welcome(-1)],
    'a message of 2 MiB': [
      welcome(0),
      create(SessionResponseSchema, {
        body: { case: 'instruction', value: { messageTargets: ['x'.repeat(2 << 20)] } },
      }),
    ],
  }
  for (const [name, responses] of Object.entries(broken))
    await t.test(name, async () => {
      const journal = openJournal()
      tell(journal, 1)
      const frames: Frame[] = []
      const instructions: Instruction[] = []
      await using server = await TestServer.listen(socketPath, async function* (requests, attempt) {
        if (attempt > 2) yield* committing(frames)(requests, attempt)
        else {
          yield* responses
          for await (const _ of requests);
        }
      })
      await using _link = openLink(journal, {
        onInstruction: (instruction) => instructions.push(instruction),
      })
      await until(() => journal.doneSeq === 1)
      assert.equal(server.attempts, 3)
      assert.deepEqual(seqs(frames), [1])
      assert.deepEqual(instructions, [])
    })
})

test('a peer that speaks something else is left and tried again', async (t) => {
  const peers = {
    'random bytes': () =>
      createNetServer((socket) => {
        socket.on('error', () => {})
        socket.write(randomBytes(4096))
      }),
    'a connection closed at once': () => createNetServer((socket) => socket.destroy()),
    'HTTP/2 without gRPC': () => createHttp2Server((_request, response) => response.end('hello')),
    'gRPC with a garbled message': () =>
      createHttp2Server((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/grpc+proto' })
        response.write(Buffer.concat([Buffer.from([0, 0, 0, 0, 16]), Buffer.alloc(16, 0xff)]))
      }),
    'gRPC with a length of 4 GiB': () =>
      createHttp2Server((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/grpc+proto' })
        response.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]))
      }),
  }
  for (const [name, open] of Object.entries(peers))
    await t.test(name, async () => {
      const journal = openJournal()
      tell(journal, 1)
      let connections = 0
      const peer = open()
      peer.on('connection', (socket) => {
        connections++
        socket.on('error', () => {})
      })
      peer.on('sessionError', () => {})
      await new Promise<void>((resolve) => {
        peer.listen(socketPath, resolve)
      })
      await using link = openLink(journal, { welcomeTimeoutMs: 200 })
      await until(() => connections >= 3)
      assert.equal(link.isConnected, false)
      assert.equal(journal.frameCount, 1)
      peer.close()
      rmSync(socketPath, { force: true })
      const frames: Frame[] = []
      await using _server = await TestServer.listen(socketPath, committing(frames))
      await until(() => journal.doneSeq === 1)
      assert.deepEqual(seqs(frames), [1])
    })
})

test('a frame that is refused each time is given up and counted; the others arrive', async () => {
  const journal = openJournal()
  for (let i = 1; i <= 5; i++) tell(journal, i)
  const frames: Frame[] = []
  await using server = await TestServer.listen(
    socketPath,
    committing(frames, ({ seq }) => {
      if (seq === 3) throw new ConnectError('I do not like it', Code.InvalidArgument)
    }),
  )
  await using _link = openLink(journal)
  await until(() => journal.doneSeq === 5)
  assert.deepEqual(seqs(frames), [1, 2, 4, 5])
  assert.equal(server.attempts, 4)
  const batch = create(BatchSchema)
  journal.losses.tell(batch)
  assert.deepEqual(
    batch.drops.map(({ stage, reason, count }) => [stage, reason, count]),
    [
      ['agent.spool', 'server-refused-edges', 1],
      ['agent.spool', 'server-refused-flows', 1],
    ],
  )
})

test('a server that is busy or stopping refuses nothing: all is offered again', async () => {
  const journal = openJournal()
  for (let i = 1; i <= 5; i++) tell(journal, i)
  const frames: Frame[] = []
  let refusals = 0
  await using _server = await TestServer.listen(
    socketPath,
    committing(frames, ({ seq }) => {
      if (seq === 3 && refusals++ < 10) throw new ConnectError('not now', Code.ResourceExhausted)
    }),
  )
  await using _link = openLink(journal)
  await until(() => journal.doneSeq === 5)
  assert.deepEqual(seqs(frames), [1, 2, 3, 4, 5])
})

test('a server that never welcomes, and one that stops acknowledging, are left', async () => {
  const journal = openJournal()
  tell(journal, 1)
  const frames: Frame[] = []
  await using server = await TestServer.listen(socketPath, async function* (requests, attempt) {
    if (attempt > 2) return yield* committing(frames)(requests, attempt)
    if (attempt === 2) yield welcome(0)
    for await (const _ of requests);
  })
  await using _link = openLink(journal, { welcomeTimeoutMs: 50, stallTimeoutMs: 50 })
  await until(() => journal.doneSeq === 1)
  assert.equal(server.attempts, 3)
})

test('a server that forgot us is noticed, its instructions are passed on, and what we lost is not sent', async () => {
  const journal = openJournal()
  for (let i = 1; i <= 3; i++) tell(journal, i)
  journal.acknowledge(3)
  tell(journal, 4)
  let forgot = 0
  const instructions: Instruction[] = []
  const frames: Frame[] = []
  let hello = 0
  await using _server = await TestServer.listen(socketPath, async function* (requests) {
    for await (const { body } of requests) {
      if (body.case === 'hello') {
        hello = body.value.firstSeq
        yield create(SessionResponseSchema, {
          body: { case: 'welcome', value: { lastSeq: 0, instruction: { udpBytes: true } } },
        })
      }
      if (body.case !== 'frame') continue
      frames.push(body.value)
      yield ack(body.value.seq)
    }
  })
  await using _link = openLink(journal, {
    onServerForgot: () => forgot++,
    onInstruction: (instruction) => instructions.push(instruction),
  })
  await until(() => journal.doneSeq === 4)
  assert.equal(hello, 4)
  assert.equal(forgot, 1)
  assert.deepEqual(
    instructions.map(({ udpBytes }) => udpBytes),
    [true],
  )
  assert.deepEqual(seqs(frames), [4])
})
