import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CapturedRequestSchema, FlowSchema } from '@quadrant/proto'
import { CliError } from '../cli-error.ts'
import { jsonEncoder, jsonLine } from '../output/json.ts'
import { SHOP_FLOWS } from '../testing/made-flows.ts'
import { SHOP_REQUESTS } from '../testing/made-requests.ts'
import { memoryContext, type MemoryContext } from '../testing/memory-context.ts'
import { runObserve, type ObserveFlags } from './run.ts'

const RECORDING = SHOP_FLOWS.map((flow) => jsonLine(jsonEncoder(FlowSchema)(flow))).join('')

async function replayed(
  stdin: string,
  flags: Partial<ObserveFlags>,
): Promise<MemoryContext & { error?: unknown }> {
  const context = memoryContext({ stdin })
  try {
    await runObserve(context, { inputFile: '-', output: 'jsonl', ...flags })
    return context
  } catch (error) {
    return { ...context, error }
  }
}

test('a recording goes through the same filters', async () => {
  const check = async (flags: Partial<ObserveFlags>, expected: readonly number[]) => {
    const context = await replayed(RECORDING, flags)
    assert.equal(context.error, undefined)
    assert.equal(
      context.out(),
      expected.map((i) => jsonLine(jsonEncoder(FlowSchema)(SHOP_FLOWS[i]!))).join(''),
    )
  }
  await check({ bothEnds: true }, [0, 1, 2, 3, 4, 5, 6, 7])
  // The server's ends are left out, as the server does.
  await check({}, [1, 3, 4, 5, 6, 7])
  await check({ status: ['failed,reset'] }, [4, 5])
  await check({ proto: ['\u0000tcp'] }, [6])
  await check({ last: 2 }, [6, 7])
  await check({ until: new Date(SHOP_FLOWS[4]!.timeNs / 1e6).toISOString() }, [1, 3])
  await check({ from: ['nobody'] }, [])
})

test('recorded requests go through the filters of the server', async () => {
  const encode = jsonEncoder(CapturedRequestSchema)
  const recording = SHOP_REQUESTS.map((request) => jsonLine(encode(request))).join('')
  const check = async (flags: Partial<ObserveFlags>, expected: readonly number[]) => {
    const context = await replayed(recording, { requests: true, ...flags })
    assert.equal(context.error, undefined)
    assert.equal(context.err(), '')
    assert.equal(context.out(), expected.map((i) => jsonLine(encode(SHOP_REQUESTS[i]!))).join(''))
  }
  await check({}, [0, 1, 2, 3])
  await check({ status: ['404'], requests: undefined }, [1])
  await check({ status: ['errors'], requests: undefined }, [2, 3])
  await check({ status: ['error', 'client-errors'] }, [1, 2, 3])
  await check({ status: ['\u0000errors'] }, [0, 1])
  await check({ status: ['none'] }, [2])
  await check({ status: ['2xx'] }, [0, 3])
  await check({ method: ['post'], requests: undefined }, [3])
  await check({ route: ['/carts/*'], requests: undefined }, [0, 1, 2])
  await check({ proto: ['grpc'] }, [3])
  await check({ to: ['cart'] }, [0, 1, 2])
  await check({ to: ['svc:cart', '2001:db8::7'] }, [0, 1, 2, 3])
  await check({ from: ['proc:web-1/11@5'], port: ['8080'], pid: ['22'] }, [0, 1, 2])
  await check({ query: 'grpc:unavailable' }, [3])
  await check({ query: 'outcome:aborted' }, [2])
  await check({ query: 'target:*full=1*' }, [0, 2])
  await check({ query: 'authority:cart:* rule:high trace:0af7* duration:>2' }, [0, 3])
  await check({ query: 'duration:>1.8' }, [0, 1, 3])
  await check({ query: 'header:x' }, [])
  await check({ ip: ['127.0.0.1'], host: ['web-1'] }, [0, 1, 2, 3])
  await check({ query: '/shop.Cart/Add' }, [3])
  await check({ last: 1 }, [3])
  await check({ until: new Date(SHOP_REQUESTS[1]!.request!.startNs / 1e6).toISOString() }, [0])
})

test('bad lines are told, counted, and end in exit code 3 after the good ones', async () => {
  const lines = RECORDING.split('\n')
  const context = await replayed(
    ['nonsense', lines[1], ...Array.from({ length: 12 }, () => '{}'), lines[3]].join('\n'),
    {},
  )
  assert.equal(context.out(), `${lines[1]}\n${lines[3]}\n`)
  assert.match(context.err(), /^stdin:1: not JSON\nstdin:3: not a flow: it has no event\n/)
  assert.equal(context.err().trim().split('\n').length, 10)
  assert.ok(context.error instanceof CliError)
  assert.equal(context.error.exitCode, 3)
  assert.match(context.error.message, /13 lines of stdin skipped/)
})

test('flags that contradict each other are usage errors', async () => {
  const check = async (flags: Partial<ObserveFlags>) => {
    const { error } = await replayed('', flags)
    assert.ok(error instanceof CliError)
    assert.equal(error.exitCode, 2)
  }
  await check({ not: true })
  await check({ follow: true })
  await check({ follow: true, output: 'json', inputFile: undefined })
})
