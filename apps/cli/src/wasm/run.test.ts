// As a person runs it: a guest has the stdio and the exit code of a real process.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { NO_GO, wasiPrograms } from '../testing/wasi-programs.ts'

const MAIN = join(import.meta.dirname, '../main.ts')
const skip = NO_GO
const { folder, path } = wasiPrograms(['wasiprog', 'netprog', 'nnprog'])
const program = path('wasiprog')
const caller = path('netprog')
const inferrer = path('nnprog')

function start(args: readonly string[]) {
  return spawn(process.execPath, [MAIN, 'wasm', 'run', ...args], {
    env: { ...process.env, FROM_HERE: 'yes' },
  })
}

async function run(args: readonly string[], stdin = '') {
  const child = start(args)
  const texts = { out: '', err: '' }
  child.stdout.on('data', (part: Buffer) => (texts.out += part.toString()))
  child.stderr.on('data', (part: Buffer) => (texts.err += part.toString()))
  child.stdin.end(stdin)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code: code ?? signal, ...texts }
}

test('a program has stdio, arguments and the variables that are named', { skip }, async () => {
  assert.deepEqual(
    await run([program, '--env', 'FROM_HERE', '--env', 'A=b=c', '--', 'stdio', '--flag', 'x'], 'line\n'),
    { code: 0, out: 'args --flag|x\nenv A=b=c|FROM_HERE=yes\nLINE\n', err: 'done\n' },
  )
  assert.equal((await run([program, '--', 'unknown'])).code, 64)
})

test('a program has the directories that are named, and no more', { skip }, async () => {
  const data = join(folder, 'data')
  mkdirSync(data)
  const { code, out, err } = await run([program, '--dir', `/d=${data}`, '--', 'files', '/d'])
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, /^gone: errno 44$/m)
  assert.deepEqual(readdirSync(data).sort(), ['dangling', 'loop', 'out'])
  assert.match(
    (await run([program, '--dir', `/d=${data}:ro`, '--', 'files', '/d'])).out,
    /^mkdir: errno 69$/m,
  )
  assert.match((await run([program, '--', 'files', data])).out, /^mkdir: errno 8$/m)
})

test('a server inside answers on the port that is named, behind a directory', { skip }, async (t) => {
  const child = start([program, '--dir', `/d=${folder}`, '--listen', '0', '--', 'serve'])
  t.after(() => child.kill())
  const [line] = (await once(child.stderr, 'data')) as [Buffer]
  const [, address] = /^listening on (\S+)\n/.exec(line.toString())!
  const echoed = await fetch(`http://${address}/echo`, { method: 'POST', body: 'through the guest' })
  assert.equal(await echoed.text(), 'through the guest')
  const closed = once(child, 'close')
  await (await fetch(`http://${address}/quit`)).text()
  assert.deepEqual(await closed, [0, null])
})

test('a program calls whom it may call, and nobody else', { skip }, async (t) => {
  const server = createServer((socket) => socket.end('back')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const timeout of [[], ['--timeout', '1m']]) {
    const dial = (...rules: readonly string[]) =>
      run([caller, ...timeout, ...rules.flatMap((rule) => ['--allow-net', rule]), '--', 'dial', address])
    assert.match((await dial(address)).out, /"back" ok\n$/)
    assert.match((await dial('example.com:443', '127.0.0.0/8:*')).out, /"back" ok\n$/)
    assert.deepEqual(await dial('example.com:*'), { code: 0, out: `${address} EACCES\n`, err: '' })
  }
})

test('a program that is over its time is ended, also where it never pauses', { skip }, async () => {
  const waiting = await run([program, '--timeout', '1s', '--', 'spin'])
  assert.equal(waiting.code, 3)
  assert.match(waiting.err, /^error\[QDR-C020\] the program ran longer than 1 s/)
  const busy = await run([program, '--timeout', '1s', '--', 'busy'])
  assert.deepEqual([busy.code, busy.out], [3, 'busy\n'])
  assert.match(busy.err, /^error\[QDR-C020\] the program ran longer than 1 s/)
})

test('a trap has its functions, and mistakes what mends them', { skip }, async () => {
  const trapped = await run([program, '--', 'trap'])
  assert.equal(trapped.code, 3)
  assert.match(trapped.err, /^error\[QDR-C019\] .* memory access out of bounds\n {2}at main\.outOfBounds \(/)
  const text = join(folder, 'text')
  writeFileSync(text, 'no module')
  for (const [args, code, message] of [
    [[text], 3, /^error\[QDR-C018\] .*text cannot be run: .*\nfix: GOOS=wasip1/],
    [[join(folder, 'missing')], 3, /^error\[QDR-C013\] /],
    [[program, '--memory', '1'], 3, /^error\[QDR-C018\] .* of memory; 1024 KiB are allowed/],
    [[program, '--dir', '/d=/no/such/directory'], 3, /^error\[QDR-C013\] --dir [^]*\nfix: mkdir/],
    [[program, '--dir', '=x'], 2, /^error\[QDR-C012\] --dir =x/],
    [[program, '--env', 'NOT_SET_ANYWHERE'], 2, /^error\[QDR-C012\] [^]*\nfix: --env NOT_SET_ANYWHERE=VALUE/],
    [[program, '--allow-net', 'example.com'], 2, /^error\[QDR-C012\] --allow-net example\.com has no port/],
    [[program, '--listen', 'host:99999'], 2, /^error\[QDR-C012\] --listen/],
  ] as const) {
    const { code: actual, err } = await run(args)
    assert.deepEqual([actual, message.test(err)], [code, true], err)
  }
})

test(
  'a program has inference where it is given, and bad models are named before it runs',
  { skip },
  async () => {
    const bare = await run([inferrer, '--', 'errors'])
    assert.equal(bare.code, 3)
    assert.match(bare.err, /QDR-C018.*wasi_ephemeral_nn\.load,[^]*--nn NAME=model\.onnx/)
    // It brings models itself, of which none is any.
    const { out } = await run([inferrer, '--nn-target', 'wasm', '--', 'errors'])
    assert.match(out, /^name: nn: not found\nbytes: nn: invalid encoding\n/)
    const text = join(folder, 'text.onnx')
    writeFileSync(text, 'no model')
    for (const [args, message] of [
      [['--nn', `m=${text}`], /QDR-C021.*model m, .*text\.onnx: is no model/],
      [['--nn', `m=${text}`, '--timeout', '20s'], /QDR-C021.*model m, .*text\.onnx: is no model/],
      [['--nn', 'm=/no/such/file'], /QDR-C021.*ENOENT/],
    ] as const) {
      const { code, out, err } = await run([inferrer, ...args, '--', 'errors'])
      assert.deepEqual([code, out], [3, ''])
      assert.match(err, message)
    }
    for (const args of [
      ['--nn', 'm'],
      ['--nn', '=x'],
      ['--nn', 'm=a', '--nn', 'm=b'],
      ['--nn-target', 'tpu'],
    ])
      assert.equal((await run([inferrer, ...args])).code, 2, args.join(' '))
  },
)
