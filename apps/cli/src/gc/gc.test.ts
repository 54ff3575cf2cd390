// `quadrant gc` against a server that answers as the contract says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import {
  ListRuntimeEventsResponseSchema,
  RuntimeEventSchema,
  type ListRuntimeEventsRequest,
} from '@quadrant/proto'
import { CliError } from '../cli-error.ts'
import { jsonEncoder, jsonLine } from '../output/json.ts'
import { assertGolden } from '../testing/golden.ts'
import { CART_EVENTS, madeCollection } from '../testing/made-events.ts'
import { NOON_MS } from '../testing/made-flows.ts'
import { MadeServer } from '../testing/made-server.ts'
import { memoryContext, type MemoryContextOptions } from '../testing/memory-context.ts'
import { runGc, type GcFlags } from './run.ts'

const encode = jsonEncoder(RuntimeEventSchema)
const LINES = CART_EVENTS.map((event) => jsonLine(encode(event)))

/** Answers with all events in two messages, and remembers what was asked. */
function answering(change: MessageInitShape<typeof ListRuntimeEventsResponseSchema> = {}) {
  const asked: ListRuntimeEventsRequest[] = []
  const server = MadeServer.start({
    async *listRuntimeEvents(request) {
      asked.push(request)
      yield create(ListRuntimeEventsResponseSchema, { ...change, events: CART_EVENTS.slice(0, 2) })
      yield create(ListRuntimeEventsResponseSchema, { events: CART_EVENTS.slice(2) })
    },
  })
  return { asked, server }
}

async function ran(
  server: MadeServer,
  flags: Partial<GcFlags>,
  target?: string,
  options: MemoryContextOptions = {},
) {
  const context = memoryContext({ nowMs: NOON_MS + 60_000, ...options })
  let error: unknown
  try {
    await runGc(context, { output: 'table', data: server.data, ...flags }, target)
  } catch (thrown) {
    error = thrown
  }
  return { out: context.out(), err: context.err(), error }
}

test('collections and stops as rows: piped, on a terminal, wide, as JSON', async () => {
  const made = answering()
  await using server = await made.server
  const check = async (name: string, output: GcFlags['output'], options: MemoryContextOptions = {}) => {
    const { out, err, error } = await ran(server, { output }, 'cart', options)
    assert.equal(error, undefined)
    assert.equal(err, '')
    assertGolden(name, out)
  }
  await check('gc-piped.txt', 'table')
  await check('gc-terminal.txt', 'table', { columns: 100, colour: true })
  await check('gc-wide.txt', 'wide')
  const lines = await ran(server, { output: 'jsonl' })
  assert.equal(lines.out, LINES.join(''))
  const { out } = await ran(server, { output: 'json' })
  assert.deepEqual(
    JSON.parse(out),
    LINES.map((line) => JSON.parse(line) as unknown),
  )
})

test('what is asked: whose, from when to when, how many', async () => {
  const made = answering()
  await using server = await made.server
  const check = async (flags: Partial<GcFlags>, target: string | undefined, expected: unknown) => {
    const { error } = await ran(server, flags, target)
    assert.equal(error, undefined)
    const { subject, range, limit, follow } = made.asked.pop()!
    assert.deepEqual({ subject, start: range!.startNs, end: range!.endNs, limit, follow }, expected)
  }
  const now = NOON_MS + 60_000
  await check({}, undefined, { subject: '', start: 1e6, end: 0, limit: 20, follow: false })
  await check({ last: 3 }, '4711', { subject: '4711', start: 1e6, end: 0, limit: 3, follow: false })
  await check({ since: '5m' }, 'svc:cart', {
    subject: 'svc:cart',
    start: (now - 300_000) * 1e6,
    end: 0,
    limit: 100_000,
    follow: false,
  })
  await check({ since: '5m', until: '1m' }, 'proc:web-1/4711@6', {
    subject: 'proc:web-1/4711@6',
    start: (now - 300_000) * 1e6,
    end: (now - 60_000) * 1e6,
    limit: 100_000,
    follow: false,
  })
})

test('what is missing is told on stderr', async () => {
  const made = answering({
    omitted: 7,
    drops: [{ stage: 'kernel.ring', reason: 'full', count: 3 }],
  })
  await using server = await made.server
  const last = await ran(server, {})
  assert.equal(last.err, 'note: 3 lost at kernel.ring: full\n')
  const all = await ran(server, { since: '1h' })
  assert.equal(
    all.err,
    'note: 7 older events matched and are over the limit of 100000\nnote: 3 lost at kernel.ring: full\n',
  )
})

test('nothing found says what would fill it', async () => {
  await using server = await MadeServer.start({
    async *listRuntimeEvents() {
      yield create(ListRuntimeEventsResponseSchema, {})
    },
  })
  const check = async (flags: Partial<GcFlags>, target: string | undefined, expected: RegExp) => {
    const { out, err, error } = await ran(server, flags, target)
    assert.equal(error, undefined)
    assert.equal(out, '')
    assert.match(err, expected)
  }
  await check({}, undefined, /^no collection is stored \(-f waits for new ones\)\n$/)
  await check(
    { since: '5m' },
    'cart',
    /^no collection of cart is stored of that time \(another --since .*\)\n$/,
  )
  await check({}, '4711', /^no collection of 4711 is stored \([^\n]*\n$/)
  assert.equal((await ran(server, { output: 'json' })).out, '[]\n')
})

test('a name that the server does not know is an error with what may be meant', async () => {
  await using server = await MadeServer.start({
    // oxlint-disable-next-line require-yield
    async *listRuntimeEvents({ subject }): AsyncGenerator<never> {
      throw new ConnectError(subject, Code.NotFound)
    },
  })
  const check = async (target: string, fix: string | undefined) => {
    const { error } = await ran(server, {}, target)
    assert.ok(error instanceof CliError)
    assert.deepEqual([error.code, error.exitCode, error.message, error.fix], ['QDR-C016', 3, target, fix])
  }
  await check('no service `crat` is known; did you mean svc:cart?', undefined)
  await check('no process with pid 4711 is known', 'quadrant top --by services lists those that talk')
})

test('flags and targets that make no sense are usage errors, before the server is asked', async () => {
  const check = async (flags: Partial<GcFlags>, target: string | undefined, message: RegExp) => {
    const context = memoryContext()
    await assert.rejects(
      runGc(context, { output: 'table', data: '/nowhere', ...flags }, target),
      (error) => error instanceof CliError && error.exitCode === 2 && message.test(error.format()),
    )
  }
  await check({ follow: true, output: 'json' }, undefined, /use -o jsonl/)
  await check({ follow: true, until: '1m' }, undefined, /--follow has no end/)
  await check({}, '', /a process id or the name/)
  await check({}, '0', /no process id/)
  await check({}, '4194305', /no process id/)
  await check({}, 'host:web-1', /only services and processes[^]*fix: name a service/)
  await check({}, 'proc:web-1', /a process is `proc:host\/pid@start`/)
})

test('-f goes on over a restart of the server, and tells each event once', { timeout: 60_000 }, async () => {
  const later = madeCollection({ number: 20 }, 5000)
  const asked: ListRuntimeEventsRequest[] = []
  let isSecond = false
  await using server = await MadeServer.start({
    async *listRuntimeEvents(request, { signal }) {
      asked.push(request)
      yield create(ListRuntimeEventsResponseSchema, {
        events: isSecond ? [...CART_EVENTS.slice(-2), later] : [...CART_EVENTS],
      })
      if (!isSecond)
        yield create(ListRuntimeEventsResponseSchema, {
          omitted: 2,
          drops: [{ stage: 'server.live', reason: 'slow-reader', count: 4 }],
        })
      await sleep(60_000, undefined, { signal }).catch(() => {})
    },
  })
  const ended = new AbortController()
  const context = memoryContext({ nowMs: NOON_MS, signal: ended.signal })
  const running = runGc(context, { output: 'jsonl', follow: true, since: '1h', data: server.data }, 'cart')
  const until = async (isSo: () => boolean) => {
    for (let tries = 0; tries < 400 && !isSo(); tries++) await sleep(50)
    assert.ok(isSo(), context.err())
  }
  await until(() => context.err().includes('passed over'))
  await server.break()
  await until(() => context.err().includes('the server went away'))
  isSecond = true
  await server.listen()
  await until(() => context.out().endsWith(jsonLine(encode(later))))
  ended.abort()
  await running
  assert.equal(context.out(), [...LINES, jsonLine(encode(later))].join(''))
  assert.match(context.err(), /the server is back/)
  assert.match(context.err(), /2 events passed over/)
  const [first, second] = asked
  assert.equal(first!.follow, true)
  // Ten seconds before the newest event of before, and not before what was asked for.
  assert.equal(second!.range!.startNs, (NOON_MS + 1500) * 1e6 - 10e9)
})
