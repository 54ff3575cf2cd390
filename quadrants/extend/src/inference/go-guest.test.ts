import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { hostDirectory } from '@quadrant/wasm'
import { classifier, generator } from '../testing/classifier.ts'
import { NEEDS_GO, runGuest } from '../testing/go-guest.ts'
import { onnxModel } from '../testing/onnx-model.ts'
import { NEEDS_PYTHON_ONNX, pythonOutput } from '../testing/python-onnx.ts'
import { ElementType } from './element-type.ts'
import { inferenceModule } from './inference-module.ts'
import { ModelStore } from './model-store.ts'
import { openWasmRuntime } from './onnx-web/wasm-runtime.ts'

const OK = { kind: 'exit', code: 0 } as const

const IDENTITIES = new Map(
  Object.entries({
    f16: ElementType.FLOAT16,
    f32: ElementType.FLOAT,
    f64: ElementType.DOUBLE,
    u8: ElementType.UINT8,
    i32: ElementType.INT32,
    i64: ElementType.INT64,
    bf16: ElementType.BFLOAT16,
  }).map(([name, type]) => [
    `identity-${name}`,
    async () =>
      onnxModel({
        inputs: [{ name: 'x', type, sizes: ['rows', 2] }],
        outputs: [{ name: 'y', type, sizes: ['rows', 2] }],
        nodes: [{ operator: 'Identity', inputs: ['x'], outputs: ['y'] }],
      }),
  ]),
)

test('a Go program has tensors of each type computed, and its mistakes named', NEEDS_GO, async () => {
  using models = new ModelStore(IDENTITIES, openWasmRuntime)
  const modules = [inferenceModule({ models, openRuntime: openWasmRuntime })]
  assert.deepEqual(await runGuest(['types'], { modules }), {
    result: OK,
    stdout: ['f16', 'f32', 'f64', 'u8', 'i32', 'i64', 'bf16'].map((name) => `${name} true <nil>\n`).join(''),
    stderr: '',
  })
  assert.deepEqual(await runGuest(['errors'], { modules }), {
    result: OK,
    stdout: [
      'name: nn: not found',
      'bytes: nn: invalid encoding',
      'nothing: nn: invalid encoding',
      'missing input: nn: runtime error',
      'no output yet: nn: runtime error',
      'type: nn: invalid argument',
      'shape: nn: invalid argument',
      'length: nn: invalid argument',
      'index: nn: invalid argument',
      'negative: nn: invalid argument',
      'compute: <nil>',
      'buffer: nn: too large',
      'output: 1800 <nil>',
      '',
    ].join('\n'),
    stderr: '',
  })
})

test(
  'what a Go program has computed is what onnxruntime in Python computes',
  { skip: NEEDS_GO.skip || NEEDS_PYTHON_ONNX.skip },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-nn-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const modules = [inferenceModule({ openRuntime: openWasmRuntime })]
    for (const [size, channels, seed] of [
      [8, 4, 1],
      [28, 16, 2],
      [5, 33, 3],
    ] as const) {
      const shape = [1, 3, size, size]
      const random = generator(seed)
      const input = Float32Array.from({ length: 3 * size * size }, random)
      writeFileSync(join(folder, 'model.onnx'), classifier({ size, channels, seed }))
      writeFileSync(join(folder, 'input'), input)
      const { result, stdout, stderr } = await runGuest(
        ['compute', '/data/model.onnx', '/data/input', shape.join(',')],
        { modules, preopens: [{ path: '/data', directory: hostDirectory(folder) }] },
      )
      assert.deepEqual([result, stderr], [OK, ''])
      const ours = stdout.trim().split('\n').map(Number)
      const theirs = pythonOutput(join(folder, 'model.onnx'), [...input], shape)
      assert.equal(ours.length, 10)
      for (const [index, value] of theirs.entries())
        assert.ok(Math.abs(value - ours[index]!) < 1e-5, `class ${index}: ${ours[index]}, Python ${value}`)
    }
  },
)
