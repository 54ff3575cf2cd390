import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { PassThrough } from 'node:stream'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buildGuest, NEEDS_GO } from '../../testing/go-guest.ts'
import { compileCommand } from '../compile.ts'
import { bytesInput, CollectedOutput } from '../io/buffers.ts'
import { StreamInput, StreamOutput } from '../io/node-stream.ts'
import { GuestThread, runCommandInThread } from './guest-thread.ts'
import type { ThreadOptions } from './thread-options.ts'

const compiled = new Map<string, Promise<WebAssembly.Module>>()

function compile(program: string): Promise<WebAssembly.Module> {
  const module = compiled.get(program) ?? compileCommand(buildGuest(program), { memoryBytesMax: 256 << 20 })
  compiled.set(program, module)
  return module
}

async function run(args: readonly string[], options: ThreadOptions = {}, program = 'wasiprog') {
  const stdout = new CollectedOutput()
  const stderr = new CollectedOutput()
  const result = await runCommandInThread(await compile(program), {
    args: [program, ...args],
    stdout,
    stderr,
    ...options,
  })
  return { result, stdout: stdout.text, stderr: stderr.text }
}

const OK = { kind: 'exit', code: 0 } as const

test('a program in a thread of its own has all that it has elsewhere', NEEDS_GO, async (t) => {
  assert.deepEqual(await run(['stdio', 'x'], { env: { A: '1' }, stdin: bytesInput('one\ntwo') }), {
    result: OK,
    stdout: 'args x\nenv A=1\nONE\nTWO\n',
    stderr: 'done\n',
  })
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-thread-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const { result, stdout } = await run(['files', '/d'], { preopens: [{ path: '/d', hostPath: folder }] })
  assert.deepEqual([result, /^gone: errno 44$/m.test(stdout)], [OK, true])
  const { result: trapped } = await run(['trap'])
  assert.deepEqual(trapped.kind === 'trap' && trapped.frames[0]?.functionName, 'main.outOfBounds')
  assert.deepEqual(await run(['no-task']), {
    result: { kind: 'exit', code: 64 },
    stdout: '',
    stderr: 'no task no-task\n',
  })
})

test(
  'a program that computes without a pause is ended in time, and what it wrote is there',
  NEEDS_GO,
  async () => {
    assert.deepEqual(await run(['busy'], { wallTimeMsMax: 300 }), {
      result: { kind: 'killed', reason: 'wall-time' },
      stdout: 'busy\n',
      stderr: '',
    })
    const controller = new AbortController()
    const waiting = new PassThrough()
    const ended = run(['stdio'], { signal: controller.signal, stdin: new StreamInput(waiting) })
    setTimeout(() => controller.abort(), 200)
    assert.deepEqual((await ended).result, { kind: 'killed', reason: 'aborted' })
    assert.deepEqual((await run(['busy'], { signal: AbortSignal.abort() })).result, {
      kind: 'killed',
      reason: 'aborted',
    })
  },
)

test('a reader that is slow has a program wait, and loses nothing', NEEDS_GO, async () => {
  const input = new PassThrough()
  const output = new PassThrough({ highWaterMark: 1024 })
  const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}`)
  input.end(`${lines.join('\n')}\n`)
  const ended = run(['stdio'], { stdin: new StreamInput(input), stdout: new StreamOutput(output) })
  let text = ''
  output.on('data', (part: Buffer) => {
    text += part.toString()
    output.pause()
    setImmediate(() => output.resume())
  })
  assert.deepEqual((await ended).result, OK)
  output.end()
  await once(output, 'close')
  assert.equal(text, `args \nenv \n${lines.join('\n').toUpperCase()}\n`)
})

/** A module that is made of its text. */
function moduleUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`
}

test('listeners are opened in the thread', NEEDS_GO, async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const url = moduleUrl(`
    import { createServer } from 'node:net'
    import { once } from 'node:events'
    export default async (port) => {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(port, '127.0.0.1')
      await once(server, 'listening')
      return server
    }`)
  const taken = (server.address() as AddressInfo).port
  await assert.rejects(
    run(['serve'], {
      listeners: [
        { url, data: 0 },
        { url, data: taken },
      ],
    }),
    { code: 'listen', message: /EADDRINUSE/ },
  )
  const { promise, resolve } = Promise.withResolvers<readonly string[]>()
  const ended = run(
    ['serve'],
    { listeners: [{ url, data: 0 }], env: { LISTEN_FDS: '1' }, onListening: resolve },
    'netprog',
  )
  const [address] = await promise
  const [peer, local] = (await (await fetch(`http://${address}/peer`)).text()).trim().split(' ')
  assert.equal(local, address)
  assert.match(peer!, /^127\.0\.0\.1:\d+$/)
  await fetch(`http://${address}/quit`)
  assert.deepEqual(await ended, { result: OK, stdout: 'closed true\n', stderr: '' })
})

test('rules of the network hold in the thread, and modules are made there', NEEDS_GO, async (t) => {
  const server = createServer((socket) => socket.end('back')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const dial = async (network: readonly string[]) =>
    (await run(['dial', address], { network }, 'netprog')).stdout.trim().split('\n').at(-1)
  assert.equal(await dial([]), `${address} EACCES`)
  assert.equal(await dial([address]), `${address} "back" ok`)
  await assert.rejects(run(['dial'], { network: ['nonsense'] }, 'netprog'), {
    code: 'option',
    message: /has no port/,
  })
  // (import "m" "f") and what calls it as _start: there only by the module that is made of the URL.
  const parts =
    '0061736d01000000 0108026000017f600000 020701016d01660000 03020101 0503010001 ' +
    '071302066d656d6f72790200065f73746172740001 0a0701050010001a0b'
  const bytes = Buffer.from(parts.replaceAll(' ', ''), 'hex')
  const url = moduleUrl(`
    export default (name) => ({ name, open: () => ({ calls: { f: () => 7 }, failed: () => 1, [Symbol.dispose]() {} }) })`)
  const module = await compileCommand(bytes)
  assert.deepEqual(await runCommandInThread(module, { modules: [{ url, data: 'm' }] }), OK)
  await assert.rejects(runCommandInThread(module), { code: 'link', message: /m\.f/ })
})

test('a thread runs one guest after the other, until one has to be ended with it', NEEDS_GO, async () => {
  using thread = new GuestThread()
  const module = await compile('wasiprog')
  const texts: string[] = []
  for (const name of ['first', 'second']) {
    const stdout = new CollectedOutput()
    assert.deepEqual(await thread.run(module, { args: ['prog', 'stdio', name], stdout }), OK)
    texts.push(stdout.text)
  }
  assert.deepEqual(texts, ['args first\nenv \n', 'args second\nenv \n'])
  const running = thread.run(module, { args: ['prog', 'busy'], wallTimeMsMax: 100 })
  await assert.rejects(thread.run(module), { code: 'option' })
  assert.deepEqual(await running, { kind: 'killed', reason: 'wall-time' })
  assert.equal(thread.isOver, true)
  await assert.rejects(thread.run(module), { code: 'option' })
})
