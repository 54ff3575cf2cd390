import { fileURLToPath } from 'node:url'
import { goFilterFile } from '../../quadrants/extend/src/testing/go-filter.ts'
import { rustFilterFile } from '../../quadrants/extend/src/testing/rust-filter.ts'
import { type Benchmark, judge, type Row, type RunOptions } from '../benchmark.ts'
import { LineProcess } from '../line-process.ts'
import { loadHttp1 } from '../load/http-load.ts'
import { median } from '../load/pairs.ts'
import { requireTools } from '../toolchain.ts'
import { LISTENER_FILTER, type SwapAnswer, type SwapGatewayLine } from './swap-gateway-line.ts'

const CONNECTIONS = 8
const SWAP_MS_MAX = 15
const SLICE_SECONDS = 2
const MIB = 1 << 20

export const benchmark: Benchmark = {
  name: 'filter-swap',
  description:
    'A gateway on one worker that answers requests itself, with one filter in front, at full load of wrk on ' +
    `${CONNECTIONS} connections, while the filter is replaced again and again by a version with a digest of its own, in Go ` +
    'and in Rust by turns: the time from when the module is compiled (its first start included, for which V8 compiles on demand) until the new version serves, and requests that ' +
    'failed. And the memory of filters that are resident, each with the instance that serves and the one that is ready to ' +
    'take over. Nothing is compared.',
  run,
}

interface Guest {
  readonly title: string
  readonly file: string
  readonly rootId: string
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireTools(['wrk', 'go', 'cargo'])
  progress('filters')
  const guests: readonly Guest[] = [
    { title: 'Go', file: goFilterFile('examples/filters/hello-header'), rootId: '' },
    { title: 'Rust', file: rustFilterFile('guest/rustfilter'), rootId: 'hello-header' },
  ]
  const length = quick
    ? { swaps: 30, requests: 20_000, resident: 20 }
    : { swaps: 1000, requests: 1_000_000, resident: 1000 }
  const rows = [...(await swaps(guests, length, progress))]
  for (const guest of guests)
    for (const isOneFile of [true, false])
      rows.push(await memory(guest, guests[0]!, isOneFile, length.resident, progress))
  return rows
}

async function swaps(
  guests: readonly Guest[],
  length: { readonly swaps: number; readonly requests: number },
  progress: RunOptions['progress'],
): Promise<readonly Row[]> {
  await using gateway = new SwapGateway(guests[0]!)
  const { port } = await gateway.opened
  let version = 0
  const swap = (guest: Guest) =>
    gateway.ask<SwapAnswer>({
      ...guest,
      kind: 'swap',
      name: LISTENER_FILTER,
      version: version++,
      isReported: true,
    })
  const swapping = new AbortController()
  let requests = 0
  let errors = 0
  const load = (async () => {
    while (!swapping.signal.aborted || requests < length.requests) {
      const url = `http://127.0.0.1:${port}/`
      const slice = await loadHttp1({ url, connections: CONNECTIONS, seconds: SLICE_SECONDS })
      requests += slice.requests
      errors += slice.errorCount
    }
  })()
  const byGuest = new Map(guests.map((guest) => [guest, [] as SwapAnswer[]]))
  for (let done = 0; done < length.swaps; done++) {
    if (done % Math.ceil(length.swaps / 10) === 0) progress(`${done} swaps, ${requests} requests`)
    const guest = guests[done % guests.length]!
    byGuest.get(guest)!.push(await swap(guest))
  }
  swapping.abort()
  progress(`${length.swaps} swaps, ${requests} requests`)
  await load
  return [
    ...[...byGuest].map(([{ title }, answers]) => {
      const times = answers.map(({ swapMs }) => swapMs)
      const spread = [Math.min(...times), Math.max(...times)] as const
      return judge({ case: `swap, ${title}`, unit: 'ms', ours: median(times), spread, goal: SWAP_MS_MAX })
    }),
    ...[...byGuest].map(([{ title }, answers]) => ({
      case: `compilation before it, ${title}`,
      unit: 'ms',
      ours: median(answers.map(({ compileMs }) => compileMs)),
    })),
    judge({
      case: `failed of ${requests.toLocaleString('en')} requests over ${length.swaps} swaps`,
      unit: 'requests',
      ours: errors,
      goal: 0,
    }),
  ]
}

async function memory(
  guest: Guest,
  first: Guest,
  isOneFile: boolean,
  count: number,
  progress: RunOptions['progress'],
): Promise<Row> {
  const kind = isOneFile ? 'of one file' : 'with files of their own'
  progress(`${count} filters in ${guest.title} ${kind}`)
  await using gateway = new SwapGateway(first)
  await gateway.opened
  const swap = (index: number) =>
    gateway.ask({
      ...guest,
      kind: 'swap',
      name: `filter-${index}`,
      version: isOneFile ? 0 : index,
      isReported: false,
    })
  // What the first needs alone is no other's.
  await swap(count)
  const { rssBytes: before } = await gateway.ask<{ rssBytes: number }>({ kind: 'memory' })
  for (let index = 0; index < count; index++) await swap(index)
  const { rssBytes: after } = await gateway.ask<{ rssBytes: number }>({ kind: 'memory' })
  return {
    case: `each of ${count.toLocaleString('en')} resident filters in ${guest.title} ${kind}`,
    unit: 'MiB RSS',
    ours: (after - before) / count / MIB,
  }
}

class SwapGateway implements AsyncDisposable {
  readonly #process: LineProcess
  readonly opened: Promise<{ readonly port: number }>

  constructor({ file }: Guest) {
    const program = fileURLToPath(new URL('./swap-gateway.ts', import.meta.url))
    this.#process = new LineProcess([process.execPath, program, file])
    this.opened = this.#process.read()
  }

  ask<T>(line: SwapGatewayLine): Promise<T> {
    return this.#process.ask<T>(JSON.stringify(line))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]()
  }
}
