import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inferenceModule, ModelStore, openWasmRuntime, TensorBudget, type Execution } from '@quadrant/extend'
import { compileCommand } from '@quadrant/wasm'
import { env, InferenceSession, Tensor } from 'onnxruntime-web'
import { classifier } from '../../quadrants/extend/src/testing/classifier.ts'
import { judge, type Benchmark, type Row, type RunOptions } from '../benchmark.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import { build, requireTools } from '../toolchain.ts'
import { GoGuest } from './go-guest.ts'
import { pythonPeer, requirePython } from './python-peer.ts'

const OUTPUTS = 10
const FLOAT = 1
/** Slices until the optimising compiler has had its turn with all of onnxruntime. */
const WARM_UP_SLICES = 15
/** Microseconds that a guest's computation may take longer than the bare runtime's. */
const GOAL = 10

/** Each is some 5 to 50 ms a slice. */
const MODELS = [
  { title: 'small model, 8 × 8 pixels', size: 8, channels: 8, count: 500 },
  { title: 'larger model, 64 × 64 pixels', size: 64, channels: 32, count: 60 },
] as const

export const benchmark: Benchmark = {
  name: 'nn',
  description:
    'Time of an inference in a Go guest (set_input, compute, get_output by wasi-nn) against the same model and tensors ' +
    'in the bare runtime, InferenceSession.run of onnxruntime-web, on the same thread, slices in turn. For reference: ' +
    "this host's runtime without a guest, and onnxruntime in Python on one thread, which is native code.",
  run,
}

async function run({ quick, progress }: RunOptions): Promise<readonly Row[]> {
  requireTools(['go'])
  requirePython()
  env.wasm.numThreads = 1
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-nn-'))
  try {
    const program = join(folder, 'nnprog.wasm')
    build(
      'go',
      ['build', '-buildvcs=false', '-o', program, '.'],
      join(import.meta.dirname, '../../guest/nnprog'),
      { GOOS: 'wasip1', GOARCH: 'wasm' },
    )
    const guest = await compileCommand(readFileSync(program))
    const rows: Row[] = []
    for (const model of MODELS) {
      progress(model.title)
      rows.push(...(await measure(guest, join(folder, 'model.onnx'), model, quick ? 25 : 120)))
    }
    return rows
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function measure(
  program: WebAssembly.Module,
  file: string,
  { title, size, channels, count }: (typeof MODELS)[number],
  slices: number,
): Promise<readonly Row[]> {
  const bytes = classifier({ size, channels })
  writeFileSync(file, bytes)
  const input = new Float32Array(3 * size * size).fill(0.5)
  const shape = [1, 3, size, size]

  using models = new ModelStore(new Map([['model', async () => bytes]]), openWasmRuntime)
  using guest = new GoGuest(program, inferenceModule({ models }), size, OUTPUTS)
  const session = await InferenceSession.create(bytes)
  const image = new Tensor('float32', input, shape)
  const model = await models.get('model')
  using execution = model.open(new TensorBudget(1 << 30))
  await using python = pythonPeer(file, size)

  const times = { guest: [], bare: [], direct: [], python: [] } as Record<string, number[]>
  for (let slice = 0; slice < WARM_UP_SLICES + slices; slice++) {
    const taken = {
      guest: await guest.measure(count),
      bare: await bare(session, image, count),
      direct: direct(execution, input, shape, count),
      python: await python.ask<number>(String(count)),
    }
    if (slice < WARM_UP_SLICES) continue
    for (const [name, ns] of Object.entries(taken)) times[name]!.push(ns / count / 1000)
  }
  await session.release()

  const beyond = (name: string) => times['guest']!.map((us, index) => us - times[name]![index]!)
  const against = (name: string, peerName: string): Row => {
    const { median: ratio, spread } = pairedRatio(times['guest']!, times[name]!)
    return {
      case: title,
      unit: 'µs/inference',
      ours: median(times['guest']!),
      peer: median(times[name]!),
      peerName,
      ratio,
      spread,
    }
  }
  const over = (name: string, what: string): Row => {
    const differences = beyond(name).sort((a, b) => a - b)
    return judge({
      case: `${title}: ${what}`,
      unit: 'µs more',
      ours: median(differences),
      spread: [differences[0]!, differences.at(-1)!],
      goal: GOAL,
    })
  }
  return [
    over('bare', 'over the bare runtime'),
    over('direct', "over this host's runtime without a guest"),
    against('bare', 'bare runtime'),
    against('direct', 'without a guest'),
    against('python', 'Python'),
  ]
}

/** Nanoseconds. */
async function bare(session: InferenceSession, image: Tensor, count: number): Promise<number> {
  const begun = performance.now()
  for (let turn = 0; turn < count; turn++) await session.run({ image })
  return (performance.now() - begun) * 1e6
}

function direct(execution: Execution, input: Float32Array, shape: readonly number[], count: number): number {
  const bytes = new Uint8Array(input.buffer)
  const output = new Uint8Array(OUTPUTS * 4)
  const begun = performance.now()
  for (let turn = 0; turn < count; turn++) {
    execution.setInput(0, FLOAT, shape, bytes)
    void execution.compute()
    output.set(execution.output(0))
  }
  return (performance.now() - begun) * 1e6
}
