import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as api from './index.ts'
import { NEEDS_BPF } from './testing/bpf-test.ts'

const PACKAGE = join(import.meta.dirname, '..')
const README = readFileSync(join(PACKAGE, 'README.md'), 'utf8')

test('the example of the README runs', NEEDS_BPF, () => {
  const example = /<!-- example[^>]*-->\s*```ts\n(.*?)```/s.exec(README)?.[1]
  assert.ok(example)
  const args = ['--input-type=module-typescript', '--eval', example]
  const printed = execFileSync(process.execPath, args, { cwd: PACKAGE, encoding: 'utf8' })
  assert.match(printed, /^\d+ programs executed, \d+ ns spent on counting\n$/)
})

test('functions the README names are exported', () => {
  for (const name of [
    'parseCollection',
    'Btf',
    'structCodec',
    'openRingBuffer',
    'openAggregator',
    'probeFeatures',
  ])
    assert.ok(name in api && README.includes(name), name)
})
