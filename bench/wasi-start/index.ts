import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request, Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import { judge, RequirementError, type Benchmark, type Row, type RunOptions } from '../benchmark.ts'
import { LineProcess } from '../line-process.ts'
import { median } from '../load/pairs.ts'
import { build, requireTools } from '../toolchain.ts'
import { pngOf } from './png.ts'

const QUADRANT = join(import.meta.dirname, '../../apps/cli/src/main.ts')
/** Published elsewhere of a move from Node to WebAssembly at the edge: 420 to 89 ms, 63 % less memory. */
const TIME_GOAL = 89 / 420
const MEMORY_GOAL = 1 - 0.63
const IDLE_MS = 60

export const benchmark: Benchmark = {
  name: 'wasi-start',
  description:
    'A program that reads YAML and decodes an image, from start to end: as a process of Node with the packages that it ' +
    'takes, as a native Go process, as `quadrant wasm run`, in wasmtime that stays, and in `quadrant wasm serve`, with ' +
    'instances that have begun and without. Times are medians of runs in turn; memory is the most resident.',
  run,
}

interface Way {
  readonly title: string
  /** Milliseconds of one run. */
  run(): Promise<number>
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireTools(['go'])
  if (spawnSync('python3', ['-c', 'import wasmtime']).status !== 0)
    throw new RequirementError('wasmtime is missing: pip install wasmtime')
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-start-'))
  using owned = new DisposableStack()
  owned.defer(() => rmSync(folder, { recursive: true }))
  progress('building')
  const input = join(folder, 'input')
  writeFileSync(
    input,
    `name: shop\nsizes: [1, 2, 3]\nimage: ${pngOf(64, 64, deflateSync).toString('base64')}\n`,
  )
  const [native, wasm] = [join(folder, 'native'), join(folder, 'app.wasm')]
  const source = join(import.meta.dirname, 'go')
  build('go', ['build', '-buildvcs=false', '-o', native, '.'], source)
  build('go', ['build', '-buildvcs=false', '-o', wasm, '.'], source, { GOOS: 'wasip1', GOARCH: 'wasm' })
  const app = join(folder, 'node')
  cpSync(join(import.meta.dirname, 'node'), app, { recursive: true })
  execFileSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: app, stdio: 'ignore' })

  const node = [process.execPath, join(app, 'app.js')]
  const quadrant = [process.execPath, QUADRANT, 'wasm', 'run', wasm]
  const wasmtime = owned.use(
    new LineProcess(['python3', join(import.meta.dirname, 'wasmtime-host.py'), wasm, input]),
  )
  const compileMs = await wasmtime.read<number>()
  const warm = owned.use(await Server.start(wasm, 8))
  const cold = owned.use(await Server.start(wasm, 0))
  const body = readFileSync(input)
  const ways = {
    node: spawned('a process of Node', node, input),
    native: spawned('a native Go process', [native], input),
    process: spawned('quadrant wasm run', quadrant, input),
    wasmtime: { title: 'wasmtime that stays', run: () => wasmtime.ask<number>('run') },
    warm: { title: 'quadrant wasm serve, begun before', run: () => warm.run(body) },
    cold: { title: 'quadrant wasm serve, from the module', run: () => cold.run(body) },
  } as const satisfies Record<string, Way>
  const times = await measure(Object.values(ways), quick ? 12 : 60, progress)
  progress('memory')
  const memory = (command: readonly string[]) =>
    Number(execFileSync('python3', [join(import.meta.dirname, 'max-rss.py'), input, ...command])) / 1024
  const nodeMemory = memory(node)
  const instance = await memoryOfInstance(wasm)
  const timeRow = (way: keyof typeof ways, peer: keyof typeof ways, goal?: number): Row => {
    const [ours, theirs] = [times.get(ways[way].title)!, times.get(ways[peer].title)!]
    return judge({
      case: ways[way].title,
      unit: 'ms',
      ours: median(ours),
      peer: median(theirs),
      peerName: ways[peer].title,
      ratio: median(ours) / median(theirs),
      spread: [Math.min(...ours) / median(theirs), Math.max(...ours) / median(theirs)],
      ...(goal === undefined ? {} : { goal }),
    })
  }
  const memoryRow = (title: string, ours: number, goal?: number): Row =>
    judge({
      case: title,
      unit: 'MiB',
      ours,
      peer: nodeMemory,
      peerName: 'a process of Node',
      ratio: ours / nodeMemory,
      ...(goal === undefined ? {} : { goal }),
    })
  return [
    timeRow('warm', 'node', TIME_GOAL),
    timeRow('cold', 'node', TIME_GOAL),
    timeRow('process', 'node'),
    timeRow('native', 'node'),
    timeRow('warm', 'native'),
    timeRow('warm', 'wasmtime'),
    timeRow('cold', 'wasmtime'),
    { case: 'wasmtime compiles the module', unit: 'ms', ours: compileMs },
    memoryRow('an instance of quadrant wasm serve', instance, MEMORY_GOAL),
    memoryRow('quadrant wasm serve, with one instance', await residentMib(warm.pid)),
    memoryRow('quadrant wasm run', memory(quadrant)),
    memoryRow('a native Go process', memory([native])),
  ]
}

async function measure(ways: readonly Way[], runs: number, progress: RunOptions['progress']) {
  const times = new Map<string, number[]>(ways.map(({ title }) => [title, []]))
  for (let run = -3; run < runs; run++) {
    if (run === 0) progress('measuring')
    for (const way of ways) {
      const ms = await way.run()
      // What is prepared behind an answer is not to be measured with the next.
      await sleep(IDLE_MS)
      if (run >= 0) times.get(way.title)!.push(ms)
    }
  }
  return times
}

function spawned(title: string, command: readonly string[], input: string): Way {
  return {
    title,
    run: async () => {
      const stdin = readFileSync(input)
      const began = performance.now()
      const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'ignore', 'inherit'] })
      child.stdin.end(stdin)
      const [code] = (await once(child, 'close')) as [number]
      if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`)
      return performance.now() - began
    },
  }
}

/** `quadrant wasm serve` of a program. */
class Server implements Disposable {
  readonly pid: number
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true })
  readonly #end: () => void

  private constructor(url: string, pid: number, end: () => void) {
    this.#url = url
    this.pid = pid
    this.#end = end
  }

  static async start(wasm: string, warmCount: number): Promise<Server> {
    const args = [QUADRANT, 'wasm', 'serve', wasm, '--listen', '0', '--warm', String(warmCount)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const [line] = (await once(child.stderr, 'data')) as [Buffer]
    // Until those that are to be ready are.
    await sleep(1000)
    return new Server(line.toString().trim(), child.pid!, () => child.kill())
  }

  async run(body: Buffer): Promise<number> {
    const began = performance.now()
    const sent = request(this.#url, { method: 'POST', agent: this.#agent })
    sent.end(body)
    const [response] = await once(sent, 'response')
    for await (const _part of response);
    if (response.trailers['quadrant-exit'] !== '0') throw new Error('a run in the server failed')
    return performance.now() - began
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
    this.#end()
  }
}

/** What one more instance adds to a server. */
async function memoryOfInstance(wasm: string): Promise<number> {
  const count = 32
  const memoryWith = async (warmCount: number) => {
    using server = await Server.start(wasm, warmCount)
    return residentMib(server.pid)
  }
  return Math.max(0, ((await memoryWith(count + 1)) - (await memoryWith(1))) / count)
}

async function residentMib(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
}
