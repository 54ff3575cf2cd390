import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect'
import { QuadrantService } from '@quadrant/proto'
import { retryDelayMs, RETRY_MS_MAX, runLiveStream, type StreamState } from './live-stream.ts'

/** Watches a service that does as the script says at each opening; time only passes in the sleeps. */
async function watch(
  script: readonly ((signal: AbortSignal) => AsyncGenerator<{ timeNs: number }>)[],
  stallMs = 1000,
) {
  let opened = 0
  const controller = new AbortController()
  const transport = createRouterTransport((router) =>
    router.service(QuadrantService, {
      watch: (_request, { signal }) => (script[opened++] ?? stop)(signal),
    }),
  )
  async function* stop(): AsyncGenerator<{ timeNs: number }> {
    controller.abort()
    yield { timeNs: 0 }
  }
  const client = createClient(QuadrantService, transport)
  const states: StreamState[] = []
  const messages: number[] = []
  const sleeps: number[] = []
  let nowMs = 0
  await runLiveStream({
    open: (signal) => client.watch({}, { signal }),
    onMessage: ({ timeNs }) => messages.push(timeNs),
    onState: (state) => states.push(state),
    refusal: (error) => {
      const { code, rawMessage } = ConnectError.from(error)
      return code === Code.Unauthenticated ? { reason: rawMessage, unauthenticated: true } : undefined
    },
    signal: controller.signal,
    now: () => nowMs,
    sleep: async (ms) => {
      sleeps.push(ms)
      nowMs += ms
    },
    random: () => 0.5,
    stallMs,
  })
  return { states, messages, sleeps, opened }
}

async function* say(...times: number[]) {
  for (const timeNs of times) yield { timeNs }
}

// eslint-disable-next-line require-yield
async function* fail(code: Code): AsyncGenerator<{ timeNs: number }> {
  throw new ConnectError('no', code)
}

test('a stream that ends is opened again, and says so until it speaks', async () => {
  const { states, messages } = await watch([() => say(1, 2), () => say(3)])
  assert.deepEqual(messages, [1, 2, 3])
  assert.deepEqual(
    states.map(({ kind }) => kind),
    ['connecting', 'live', 'reconnecting', 'live', 'reconnecting'],
  )
  assert.ok(states[2]?.kind === 'reconnecting' && states[2].retryAtMs === 250 && states[2].attempt === 1)
})

test('failures in a row wait longer and longer; a message starts over', async () => {
  const down = () => fail(Code.Unavailable)
  const { sleeps } = await watch([down, down, down, () => say(1), down])
  assert.deepEqual(sleeps, [250, 500, 1000, 250, 500])
})

test('a refusal is final', async () => {
  const { states, opened } = await watch([() => fail(Code.Unauthenticated)])
  assert.equal(opened, 1)
  assert.deepEqual(states.at(-1), { kind: 'refused', reason: 'no', unauthenticated: true })
})

test('silence after a message opens the stream anew without an alarm; silence from the start is one', async () => {
  const untilAborted = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  const { states, messages } = await watch(
    [
      async function* (signal) {
        yield { timeNs: 1 }
        await untilAborted(signal)
      },
      () => say(2),
      // eslint-disable-next-line require-yield
      async function* (signal) {
        await untilAborted(signal)
      },
    ],
    20,
  )
  assert.deepEqual(messages, [1, 2])
  assert.deepEqual(
    states.map((state) => (state.kind === 'reconnecting' ? state.reason : state.kind)),
    ['connecting', 'live', 'the server ended the stream', 'the server fell silent'],
  )
})

test('waiting has an end, and is never the same for all', () => {
  assert.equal(
    retryDelayMs(100, () => 0.5),
    RETRY_MS_MAX,
  )
  assert.ok(retryDelayMs(3, () => 0) < retryDelayMs(3, () => 1))
})
