// The crate wasi-nn is what other people's programs call with: layouts, numbers and names of errors are its.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CollectedOutput, compileCommand, hostDirectory, runCommand } from '@quadrant/wasm'
import { onnxModel } from '../testing/onnx-model.ts'
import { ElementType } from './element-type.ts'
import { inferenceModule } from './inference-module.ts'
import { ModelStore } from './model-store.ts'
import { openWasmRuntime } from './onnx-web/wasm-runtime.ts'

const SOURCE = join(import.meta.dirname, '../../../../guest/nnrust')
const TARGET = 'wasm32-wasip1'

/** It downloads crates, so it is for those who ask. */
const skip = (() => {
  if (process.env['QUADRANT_TOOLCHAINS'] !== 'all')
    return 'crates are downloaded with QUADRANT_TOOLCHAINS=all only'
  const { status } = spawnSync('cargo', ['--version'], { stdio: 'ignore' })
  return status === 0 ? false : 'cargo is not installed'
})()

function identity(type: number): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', type, sizes: ['rows', 2] }],
    outputs: [{ name: 'y', type, sizes: ['rows', 2] }],
    nodes: [{ operator: 'Identity', inputs: ['x'], outputs: ['y'] }],
  })
}

test('a program in Rust that uses the crate wasi-nn runs as it expects', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-nn-rust-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync(SOURCE, folder, { recursive: true })
  execFileSync('cargo', ['build', '--quiet', '--release', '--target', TARGET], { cwd: folder })
  const module = await compileCommand(readFileSync(join(folder, 'target', TARGET, 'release/nnrust.wasm')))
  writeFileSync(join(folder, 'model.onnx'), identity(ElementType.INT64))
  using models = new ModelStore(
    new Map([['identity-f32', async () => identity(ElementType.FLOAT)]]),
    openWasmRuntime,
  )
  const stdout = new CollectedOutput()
  const stderr = new CollectedOutput()
  const result = await runCommand(module, {
    args: ['nnrust', '/data/model.onnx'],
    stdout,
    stderr,
    preopens: [{ path: '/data', directory: hostDirectory(folder) }],
    modules: [inferenceModule({ models, openRuntime: openWasmRuntime })],
  })
  assert.deepEqual([result, stderr.text], [{ kind: 'exit', code: 0 }, ''])
  assert.deepEqual(stdout.text.trim().split('\n'), [
    'f32 16 [1.5, -2.0, 0.25, 3e38]',
    'i64 16 [-9223372036854775808, 7]',
    'name: BackendError(NotFound)',
    'bytes: BackendError(InvalidEncoding)',
    'encoding: BackendError(InvalidEncoding)',
    'target: BackendError(UnsupportedOperation)',
    'type: BackendError(InvalidArgument)',
    'buffer: BackendError(TooLarge)',
  ])
})
