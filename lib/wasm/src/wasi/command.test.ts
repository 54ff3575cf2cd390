import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildGuest, NEEDS_GO } from '../testing/go-guest.ts'
import { runCommand } from './command.ts'
import type { CommandOptions } from './command-options.ts'
import { compileCommand } from './compile.ts'
import { hostDirectory } from './fs/host-directory.ts'
import { memoryDirectory } from './fs/memory-file-system.ts'
import { bytesInput, CollectedOutput } from './io/buffers.ts'
import { SocketListener } from './io/socket.ts'

let compiled: Promise<WebAssembly.Module> | undefined

async function run(args: readonly string[], options: CommandOptions = {}) {
  compiled ??= compileCommand(buildGuest(), { memoryBytesMax: 128 << 20 })
  const stdout = new CollectedOutput()
  const stderr = new CollectedOutput()
  const result = await runCommand(await compiled, { args: ['wasiprog', ...args], stdout, stderr, ...options })
  return { result, stdout: stdout.text, stderr: stderr.text }
}

const OK = { kind: 'exit', code: 0 } as const

test('a Go program has its arguments, environment and stdio', NEEDS_GO, async () => {
  assert.deepEqual(
    await run(['stdio', 'x', 'ü y', ''], { env: { B: '2', A: 'ä=1' }, stdin: bytesInput('one\ntwo') }),
    { result: OK, stdout: 'args x|ü y|\nenv A=ä=1|B=2\nONE\nTWO\n', stderr: 'done\n' },
  )
  const failed = await run(['no-such-task'])
  assert.deepEqual(failed, {
    result: { kind: 'exit', code: 64 },
    stdout: '',
    stderr: 'no task no-such-task\n',
  })
})

test('files of a Go program are the same in memory and on the host', NEEDS_GO, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasi-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const outputs: string[] = []
  for (const directory of [memoryDirectory(), hostDirectory(folder)]) {
    const preopens = [{ path: '/data', directory }]
    const { result, stdout, stderr } = await run(['files', '/data'], { preopens })
    assert.deepEqual([result, stderr], [OK, ''])
    outputs.push(stdout)
  }
  assert.equal(outputs[0], outputs[1])
  // What wasmtime has it print, but for the list of files.
  for (const line of [
    'read missing: errno 44',
    'write below a file: errno 54',
    'read directory: errno 8',
    'rest more start HELLO, ',
    'seek: errno 28',
    'readlink ../text: <nil>',
    'read loop: errno 32',
    'read out: errno 63',
    'rename into itself: errno 28',
    'stat text 5 true true',
    'remove: errno 55',
    'gone: errno 44',
  ])
    assert.ok(outputs[0]!.split('\n').includes(line), `${line} in\n${outputs[0]}`)
  assert.equal(outputs[0]!.match(/^\/a\/many-/gm)?.length, 150)
})

test('goroutines sleep without holding up the event loop', NEEDS_GO, async () => {
  let tickCount = 0
  const timer = setInterval(() => tickCount++, 1)
  const { result, stdout } = await run(['sleep'])
  clearInterval(timer)
  assert.deepEqual([result, stdout], [OK, 'woke 0\nwoke 20\nwoke 40\nwoke 60\ntimer\n'])
  assert.ok(tickCount > 0, `${tickCount} ticks`)
})

test('a clock of the caller is the time of the guest', NEEDS_GO, async () => {
  // Each look is a millisecond later: sleeping takes no time at all.
  let now = 1_700_000_000_000_000_000n
  const clock = () => (now += 1_000_000n)
  const { result, stdout } = await run(['sleep'], {
    surroundings: { realtime: clock, monotonic: clock, randomFill: (bytes) => bytes.fill(7) },
  })
  assert.deepEqual([result, stdout.split('\n').length], [OK, 6])
})

test('a trap has the Go functions that led to it', NEEDS_GO, async () => {
  const { result } = await run(['trap'])
  assert.equal(result.kind, 'trap')
  const { message, frames } = result
  assert.equal(message, 'memory access out of bounds')
  assert.deepEqual(
    frames.slice(0, 3).map(({ functionName }) => functionName),
    ['main.outOfBounds', 'main.trap', 'main.main'],
  )
  const { result: panicked, stderr } = await run(['panic'])
  assert.deepEqual(panicked, { kind: 'exit', code: 2 })
  assert.match(stderr, /panic: as asked/)
})

test('a guest that is over its limits ends, and nothing else does', NEEDS_GO, async () => {
  const { result, stderr } = await run(['alloc'])
  assert.deepEqual(result, { kind: 'exit', code: 2 })
  assert.match(stderr, /out of memory/)

  let tickCount = 0
  const timer = setInterval(() => tickCount++, 1)
  const spun = await run(['spin'], { wallTimeMsMax: 200 })
  clearInterval(timer)
  assert.deepEqual(spun.result, { kind: 'killed', reason: 'wall-time' })
  assert.ok(tickCount > 0, `${tickCount} ticks`)

  const controller = new AbortController()
  // It waits for a listener that nobody connects to.
  const waiting = serve({ signal: controller.signal })
  setTimeout(() => controller.abort(), 50)
  assert.deepEqual((await (await waiting).ended).result, { kind: 'killed', reason: 'aborted' })
  assert.deepEqual((await run(['stdio'], { signal: AbortSignal.abort() })).result, {
    kind: 'killed',
    reason: 'aborted',
  })
})

test(
  'a metered guest lets others have their turn while it computes, and ends at its limits',
  NEEDS_GO,
  async () => {
    const module = await compileCommand(buildGuest(), { isMetered: true })
    const stdout = new CollectedOutput()
    const done = await runCommand(module, { args: ['wasiprog', 'stdio'], stdout, env: { A: 'b' } })
    assert.deepEqual([done.kind, stdout.text], ['exit', 'args \nenv A=b\n'])
    assert.ok(done.fuelUsed! > 10_000, `${done.fuelUsed} units`)

    let tickCount = 0
    const timer = setInterval(() => tickCount++, 1)
    const busy = await runCommand(module, { args: ['wasiprog', 'busy'], wallTimeMsMax: 200 })
    clearInterval(timer)
    assert.partialDeepStrictEqual(busy, { kind: 'killed', reason: 'wall-time' })
    assert.ok(tickCount > 5, `${tickCount} ticks`)

    const fuelMax = 50_000_000
    const limited = await runCommand(module, { args: ['wasiprog', 'busy'], fuelMax })
    assert.partialDeepStrictEqual(limited, { kind: 'killed', reason: 'fuel' })
    assert.ok(limited.fuelUsed! >= fuelMax && limited.fuelUsed! < fuelMax * 1.01, `${limited.fuelUsed} units`)
    // The same program computes the same each time.
    const again = await runCommand(module, { args: ['wasiprog', 'busy'], fuelMax })
    assert.equal(again.kind, 'killed')
    await assert.rejects(async () => runCommand(await compileCommand(buildGuest()), { fuelMax }), {
      code: 'option',
      message: /no meter/,
    })
  },
)

test(
  'a guest that closes its stdio, hoards descriptors or recurses ends as it would elsewhere',
  NEEDS_GO,
  async () => {
    const preopens = () => [{ path: '/data', directory: memoryDirectory({ files: { file: 'x' } }) }]
    // Go cannot tell of its panic then and fails at that: it ends the same way under wasmtime.
    for (const [how, kind] of [
      ['exit', 'exit'],
      ['panic', 'trap'],
      ['deadlock', 'trap'],
    ] as const) {
      const { result, stdout, stderr } = await run(['closed', how], { preopens: preopens() })
      assert.deepEqual([result.kind, stdout, stderr], [kind, '', ''], how)
    }
    const hoarding = await run(['hoard', '/data/file'], { preopens: preopens(), descriptorsMax: 20 })
    assert.deepEqual(hoarding, { result: OK, stdout: 'refused: true\nhas 16\n', stderr: '' })
    const { result } = await run(['deep'])
    assert.equal(result.kind, 'trap')
    assert.match(JSON.stringify(result), /call stack.*main\.deeper/)
    assert.deepEqual((await run(['stdio'])).result, OK)
  },
)

async function serve(options: CommandOptions = {}) {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const ended = run(['serve'], {
    listeners: [new SocketListener(server)],
    env: { LISTEN_FDS: '1', LISTEN_FDS_START: '3' },
    ...options,
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ended }
}

test(
  'net/http of Go serves from inside: large bodies both ways, many clients, timers',
  NEEDS_GO,
  async () => {
    const { url, ended } = await serve()
    const sent = Buffer.alloc(3 << 20, 'request body ')
    const echoed = await fetch(`${url}/echo`, { method: 'POST', body: sent })
    assert.ok(Buffer.from(await echoed.arrayBuffer()).equals(sent))
    const large = await (await fetch(`${url}/large`)).text()
    assert.equal(large, 'quadrant'.repeat(1 << 20))
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const answer = await fetch(`${url}/slow`)
        return answer.text()
      }),
    )
    assert.deepEqual(new Set(answers), new Set(['slow']))
    await (await fetch(`${url}/quit`)).text()
    assert.deepEqual(await ended, { result: OK, stdout: 'closed\n', stderr: '' })
  },
)

test('what is no command is refused, with what is wrong with it', async () => {
  const module = (text: string) => compileCommand(Buffer.from(text, 'hex'))
  const magic = '0061736d01000000'
  await assert.rejects(compileCommand(Buffer.from('not wasm')), { name: 'WasmError', code: 'module' })
  await assert.rejects(compileCommand(Buffer.from('not wasm'), { memoryBytesMax: 1 << 20 }), {
    code: 'module',
  })
  await assert.rejects(runCommand(await module(magic)), { code: 'link', message: /no function _start/ })
  // (type (func)) (import "env" "x" (func))
  const importing = await module(`${magic}01040160000002090103656e7601780000`)
  await assert.rejects(runCommand(importing), { code: 'link', message: /env\.x/ })
  // (type (func)) (func unreachable) (export "_start" (func 0)), without a memory
  const bare = await module(
    `${magic}0104016000000302010007 0a01 06 5f7374617274 0000 0a05 01 03 00 00 0b`.replaceAll(' ', ''),
  )
  await assert.rejects(runCommand(bare), { code: 'link', message: /no memory/ })
  // (memory (export "memory") 1 2 shared) (func (export "_start"))
  const shared = await module(
    `${magic}010401600000 03020100 050401030102 071302 06 5f7374617274 0000 06 6d656d6f7279 0200 0a040102000b`.replaceAll(
      ' ',
      '',
    ),
  )
  await assert.rejects(runCommand(shared), { code: 'link', message: /threads share its memory/ })
  // (memory 3): more than is allowed.
  const bytes = Buffer.from(`${magic}0503010003`, 'hex')
  await assert.rejects(compileCommand(bytes, { memoryBytesMax: 2 << 16 }), {
    code: 'module',
    message: /192 KiB/,
  })
  await assert.rejects(runCommand(await module(magic), { args: ['a\0b'] }), { code: 'option' })
  await assert.rejects(runCommand(await module(magic), { descriptorsMax: 2 }), { code: 'option' })
  // What it was given is closed all the same.
  const directory = hostDirectory(tmpdir())
  const preopens = [{ path: '/d', directory }]
  await assert.rejects(runCommand(await module(magic), { preopens, args: ['a\0b'] }), { code: 'option' })
  assert.throws(() => directory.names(10))
})
