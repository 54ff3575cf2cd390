// The program as a person runs it: real processes, real exit codes.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { FlowSchema } from '@quadrant/proto'
import { jsonEncoder, jsonLine } from './output/json.ts'
import { SHOP_FLOWS } from './testing/made-flows.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'quadrant-cli-'))
after(() => rmSync(folder, { recursive: true, force: true }))

interface Finished {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

async function run(
  args: readonly string[],
  options: { stdin?: string; env?: Record<string, string> } = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], HOME: folder, QUADRANT_DATA: folder, ...options.env },
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.stdin.on('error', () => {})
  child.stdin.end(options.stdin ?? '')
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

test('exit codes, and what is said', { timeout: 120_000 }, async () => {
  const check = async (line: string, code: number, out: RegExp, err: RegExp) => {
    const done = await run(line.split(' '))
    assert.equal(done.code, code, `${line}: ${done.err}`)
    assert.match(done.out, out, line)
    assert.match(done.err, err, line)
  }
  const nothing = /^$/
  await Promise.all([
    check('--help', 0, /COMMANDS\n {2}up /, nothing),
    check('observe --help', 0, /EXAMPLES\n/, nothing),
    check('version', 0, /^quadrant \d+\.\d+\.\d+\nnode /, nothing),
    check('obsrve', 2, nothing, /QDR-C012.*obsrve[\s\S]*did you mean `observe`/),
    check('constructor', 2, nothing, /no command `constructor`/),
    check('observe --form x', 2, nothing, /did you mean --from/),
    check('observe --proto tpc', 2, nothing, /did you mean --proto tcp/),
    check('status -o jsn', 2, nothing, /did you mean json/),
    check('observe --not', 2, nothing, /--not stands directly before/),
    check('pipeline check', 2, nothing, /QDR-C012.*FILE is missing/),
    check('pipeline check /nowhere.yaml', 3, nothing, /QDR-C013/),
    check('pipeline check -', 1, /error\[PIPE005\] stdin:1:1 .*\n/, nothing),
    check('up --pipeline /nowhere.yaml', 3, nothing, /QDR-C013/),
    check('status', 3, nothing, /QDR-C001[\s\S]*fix: start it with: .*quadrant up/),
    check('observe', 3, nothing, /QDR-C001/),
    check('top', 3, nothing, /QDR-C001/),
    check('up --flow-cap 20001', 2, nothing, /a whole number from 1 to 20000/),
    check('explain QDR-C005', 0, /runs already/, nothing),
    check('explain server.drops.tracer.join', 0, /could not be matched/, nothing),
    check('top --since 1m --until 2m', 2, nothing, /--since is not before --until/),
    check('explain kernel.tpbtf', 2, nothing, /did you mean kernel\.tp_btf/),
    check('completion fish', 0, /complete -c quadrant/, nothing),
    check('observe --input-file /nowhere', 3, nothing, /QDR-C013/),
  ])
})

test('a recording from stdin, without a server', { timeout: 60_000 }, async () => {
  const recording = SHOP_FLOWS.map((flow) => jsonLine(jsonEncoder(FlowSchema)(flow))).join('')
  const all = await run(['observe', '--input-file', '-', '--both-ends', '-o', 'jsonl'], { stdin: recording })
  assert.deepEqual(all, { code: 0, out: recording, err: '' })
  const some = await run(['observe', '--input-file=-', '--not', '--proto', 'tcp', '-o', 'jsonl'], {
    stdin: recording,
  })
  assert.equal(some.out.trim().split('\n').length, 1)
  assert.match(some.out, /PROTOCOL_UDP/)
})

test('colours: none when piped, FORCE_COLOR wins over NO_COLOR', { timeout: 60_000 }, async () => {
  const check = async (env: Record<string, string>, coloured: boolean) => {
    const { out } = await run(['explain', 'QDR-C001'], { env })
    assert.equal(out.includes('\u001b['), coloured, JSON.stringify(env))
  }
  await check({}, false)
  await check({ NO_COLOR: '1' }, false)
  await check({ FORCE_COLOR: '1' }, true)
  await check({ FORCE_COLOR: '1', NO_COLOR: '1' }, true)
  await check({ FORCE_COLOR: '0' }, false)
})

test('a reader that has seen enough is success', { timeout: 60_000 }, async () => {
  const recording = SHOP_FLOWS.map((flow) => jsonLine(jsonEncoder(FlowSchema)(flow)))
    .join('')
    .repeat(2000)
  const child = spawn(process.execPath, [MAIN, 'observe', '--input-file', '-', '-o', 'jsonl'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  child.stdin.on('error', () => {})
  child.stdin.write(recording)
  child.stdout.once('data', () => child.stdout.destroy())
  const [code] = (await once(child, 'exit')) as [number | null]
  assert.equal(code, 0, err)
  assert.equal(err, '')
})

test('every code that an error shows is explained', async () => {
  const { EXPLANATIONS } = await import('./explain/explanations.ts')
  const { checkHost } = await import('@quadrant/observe')
  for (const { id } of checkHost().checks) assert.ok(EXPLANATIONS.has(id), id)
  for (const { title, text } of EXPLANATIONS.values()) assert.ok(title !== '' && text !== '')
})

test('doctor agrees with its exit code, as whoever runs this', { timeout: 60_000 }, async () => {
  const { code, out } = await run(['doctor', '-o', 'json'])
  const report = JSON.parse(out) as {
    checks: { status: string; category: string; id: string; costIfMissing: string }[]
  }
  const cannot = report.checks.some(
    (check) =>
      check.status === 'CHECK_STATUS_FATAL' && ['kernel', 'privilege', 'host'].includes(check.category),
  )
  assert.equal(code, cannot ? 5 : 0)
  assert.ok(report.checks.every((check) => check.category === 'server' || check.costIfMissing !== ''))
})

test('completion proposes commands, flags and values', { timeout: 60_000 }, async () => {
  const check = async (words: readonly string[], expected: RegExp) => {
    const { code, out } = await run(['__complete', ...words])
    assert.equal(code, 0)
    assert.match(out, expected, words.join(' '))
  }
  await check([''], /^observe\t/m)
  await check(['obs'], /^observe\t/m)
  await check(['observe', '--inp'], /^--input-file\t/m)
  await check(['observe', '--proto', ''], /^tcp\t[\s\S]*^udp\t/m)
  await check(['explain', 'kernel.tp'], /^kernel\.tp_btf\t/m)
  await check(['observe', '--from', 'x'], /^$/)
  await check(['completion', 'z'], /^zsh\t/m)
})

test('the launcher runs the command', { timeout: 60_000 }, async () => {
  const launcher = fileURLToPath(new URL('../bin/quadrant.mjs', import.meta.url))
  const child = spawn(launcher, ['version'], { env: { PATH: process.env['PATH'] } })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  assert.equal(code, 0)
  assert.match(out, /^quadrant /)
  assert.ok(existsSync(launcher) && readFileSync(launcher, 'utf8').startsWith('#!/usr/bin/env node'))
})
