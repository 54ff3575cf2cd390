import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import * as api from './index.ts'
import { NEEDS_BPF } from './testing/bpf-test.ts'
import { Hotcall, NEEDS_GO } from './testing/hotcall.ts'

const PACKAGE = join(import.meta.dirname, '..')
const README = readFileSync(join(PACKAGE, 'README.md'), 'utf8')

const [COUNT_EXECUTED, COUNT_CALLS] = Array.from(
  README.matchAll(/<!-- example[^>]*-->\s*```ts\n(.*?)```/gs),
  ([, code]) => code!,
)

test('the first example of the README runs', NEEDS_BPF, () => {
  assert.ok(COUNT_EXECUTED)
  const args = ['--input-type=module-typescript', '--eval', COUNT_EXECUTED]
  const printed = execFileSync(process.execPath, args, { cwd: PACKAGE, encoding: 'utf8' })
  assert.match(printed, /^\d+ programs executed, \d+ ns spent on counting\n$/)
})

test('the example that probes a Go function runs', NEEDS_GO, async () => {
  assert.ok(COUNT_CALLS)
  using hotcall = new Hotcall()
  await using target = hotcall.start()
  const { offset, code } = hotcall.functionNamed('main.framed')
  const place = [target.pid, offset, code.length].map(String)
  const args = ['--input-type=module-typescript', '--eval', COUNT_CALLS, '--', ...place]
  const state = { isOver: false }
  const run = promisify(execFile)(process.execPath, args, { cwd: PACKAGE }).finally(
    () => (state.isOver = true),
  )
  let called = 0
  for (; !state.isOver; called += 10) await target.pace(10, 500)
  const { stdout } = await run
  const counted = Number(/^(\d+) calls, seen at frame by emulated traps\n$/.exec(stdout)?.[1])
  assert.ok(counted > 0 && counted <= called, `${stdout} of ${called}`)
})

test('functions the README names are exported', () => {
  for (const name of [
    'parseCollection',
    'Btf',
    'structCodec',
    'openRingBuffer',
    'openAggregator',
    'probeFeatures',
    'findProbeSite',
    'findReturns',
    'ReaderThread',
    'readInThread',
    'measureTrapCost',
  ])
    assert.ok(name in api && README.includes(name), name)
})
