// The example as its comment says to run it, and its answers beside those of onnxruntime in Python.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import { classifier, generator } from '../../quadrants/extend/src/testing/classifier.ts'

const MAIN = join(import.meta.dirname, '../../apps/cli/src/main.ts')
const has = (program: string, ...args: readonly string[]) =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0
const skip = has('go', 'version') ? false : 'go is not installed'
const skipTruth =
  skip ||
  (has('python3', '-c', 'import onnxruntime')
    ? false
    : 'python3 has no package onnxruntime: python3 -m pip install onnxruntime')
const folder = mkdtempSync(join(tmpdir(), 'quadrant-inference-'))
const program = join(folder, 'inference.wasm')
const model = join(folder, 'model.onnx')
const config = join(folder, 'config')

before(() => {
  if (skip !== false) return
  execFileSync('go', ['build', '-buildvcs=false', '-o', program, '.'], {
    cwd: import.meta.dirname,
    env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm' },
  })
  writeFileSync(model, classifier({ size: 28, channels: 16 }))
  cpSync(join(import.meta.dirname, 'config'), config, { recursive: true })
  const file = join(config, 'app.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace('top: 3', 'top: 10'))
})
after(() => rmSync(folder, { recursive: true }))

interface Picture {
  readonly width: number
  readonly height: number
  /** Red, green, blue of each pixel. */
  readonly pixels: Uint8Array
}

interface Answer {
  readonly label: string
  readonly probability: number
}

/** Starts the program; its address, and what ends it. */
async function start(directory = config) {
  const child = spawn(
    process.execPath,
    [
      MAIN,
      'wasm',
      'run',
      program,
      '--dir',
      `/config=${directory}:ro`,
      '--nn',
      `classifier=${model}`,
      '--listen',
      '0',
    ],
    { stdio: ['ignore', 'inherit', 'pipe'] },
  )
  let said = ''
  for await (const part of child.stderr) {
    said += String(part)
    const [, address] = /listening on (\S+)/.exec(said) ?? []
    if (address !== undefined) return { child, url: `http://${address}/classify` }
  }
  throw new Error(said)
}

test('pictures are classified as onnxruntime in Python does it', { skip: skipTruth }, async () => {
  const { child, url } = await start()
  try {
    for (const [index, [width, height]] of (
      [
        [28, 28],
        [100, 61],
        [640, 480],
        [9, 200],
      ] as const
    ).entries()) {
      const picture = paint(width, height, index)
      const answer = await fetch(url, { method: 'POST', body: png(picture) })
      assert.equal(answer.status, 200)
      const ours = new Map(((await answer.json()) as Answer[]).map((one) => [one.label, one.probability]))
      const labels = ['ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu', 'hen', 'ibex', 'jay']
      assert.deepEqual([...ours.keys()].toSorted(), labels)
      for (const [place, theirs] of python(picture).entries()) {
        const mine = ours.get(labels[place]!)!
        assert.ok(
          Math.abs(mine - theirs) < 1e-5,
          `${width} × ${height}, ${labels[place]}: ${mine}, ${theirs}`,
        )
      }
    }
  } finally {
    await end(child)
  }
})

test('what is no picture is refused, and the program answers on', { skip }, async () => {
  const { child, url } = await start(join(import.meta.dirname, 'config'))
  try {
    for (const body of ['hello', png({ width: 60_000, height: 60_000, pixels: new Uint8Array() })])
      assert.equal((await fetch(url, { method: 'POST', body })).status, 400)
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const answer = await fetch(url, { method: 'POST', body: png(paint(50, 40, index % 2)) })
        return JSON.stringify(await answer.json())
      }),
    )
    assert.equal(new Set(answers).size, 2)
    assert.equal((JSON.parse(answers[0]!) as Answer[]).length, 3)
  } finally {
    await end(child)
  }
})

async function end(child: ReturnType<typeof spawn>): Promise<void> {
  child.kill('SIGINT')
  await once(child, 'close')
}

/** Waves with noise, so that classes differ. */
function paint(width: number, height: number, seed: number): Picture {
  const random = generator(seed)
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const wave = Math.sin((at / 3 / width) * (seed + 1)) * 80
    return 128 + wave + random() * 40 * ((at + seed) % 3)
  })
  return { width, height, pixels }
}

function png({ width, height, pixels }: Picture): Uint8Array<ArrayBuffer> {
  const head = new DataView(new ArrayBuffer(13))
  head.setUint32(0, width)
  head.setUint32(4, height)
  // 8 bits, red, green and blue.
  head.setUint16(8, 0x0802)
  const lines = Array.from({ length: pixels.length / (width * 3) }, (_, line) => [
    Uint8Array.of(0),
    pixels.subarray(line * width * 3, (line + 1) * width * 3),
  ]).flat()
  return new Uint8Array(
    Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      chunk('IHDR', new Uint8Array(head.buffer)),
      chunk('IDAT', deflateSync(Buffer.concat(lines))),
      chunk('IEND', new Uint8Array()),
    ]),
  )
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const named = Buffer.concat([Buffer.from(type), content])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, sum])
}

const SCRIPT = `
import json, sys
import numpy, onnxruntime
order = json.load(sys.stdin)
size, width, height = 28, order["width"], order["height"]
pixels = numpy.array(order["pixels"], dtype=numpy.float64).reshape(height, width, 3) / 255
image = numpy.zeros((1, 3, size, size), dtype=numpy.float32)
for y in range(size):
    for x in range(size):
        box = pixels[y * height // size : -(-(y + 1) * height // size), x * width // size : -(-(x + 1) * width // size)]
        image[0, :, y, x] = (box.mean(axis=(0, 1)) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
session = onnxruntime.InferenceSession(order["model"], providers=["CPUExecutionProvider"])
json.dump([float(each) for each in session.run(None, {"image": image})[0][0]], sys.stdout)
`

function python({ width, height, pixels }: Picture): readonly number[] {
  const input = JSON.stringify({ width, height, pixels: [...pixels], model })
  return JSON.parse(execFileSync('python3', ['-c', SCRIPT], { input, encoding: 'utf8' })) as readonly number[]
}
