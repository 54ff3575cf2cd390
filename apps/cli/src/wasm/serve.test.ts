// As a person runs it: programs that stay, and requests that have one instance each.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { NO_GO, wasiPrograms } from '../testing/wasi-programs.ts'

const MAIN = join(import.meta.dirname, '../main.ts')
const skip = NO_GO
const { path } = wasiPrograms(['wasiprog', 'nnprog'])
const program = path('wasiprog')
const inferrer = path('nnprog')

function serve(t: TestContext, ...flags: readonly string[]) {
  return serveProgram(t, program, ...flags)
}

async function serveProgram(t: TestContext, file: string, ...flags: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, 'wasm', 'serve', file, '--listen', '0', ...flags], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  t.after(() => child.kill())
  const told: string[] = []
  const lines = createInterface({ input: child.stderr })
  lines.on('line', (line) => told.push(line))
  await once(lines, 'line')
  return { url: told[0]!, child, told }
}

/** The whole answer with its trailers, which fetch does not tell. */
async function post(url: string, body: string, headers: Readonly<Record<string, string>> = {}) {
  const sent = request(url, { method: 'POST', headers })
  sent.end(body)
  const [response] = await once(sent, 'response')
  let text = ''
  for await (const part of response) text += String(part)
  return {
    status: response.statusCode as number,
    text,
    headers: response.headers,
    trailers: response.trailers,
  }
}

async function countsOf(url: string) {
  const { programs } = (await (await fetch(new URL('/', url))).json()) as {
    programs: Record<string, number>[]
  }
  return programs[0]!
}

test('each request is a run of its own, which had begun before', { skip }, async (t) => {
  const { url, child } = await serve(t, '--env', 'A=b', '--arg', 'stdio', '--arg', 'x', '--warm', '3')
  const one = await post(url, 'line\n')
  assert.deepEqual([one.status, one.text], [200, 'args x\nenv A=b\nLINE\n'])
  assert.equal(one.trailers['quadrant-exit'], '0')
  assert.ok(Number(one.trailers['quadrant-fuel']) > 100_000)
  const long = 'a line of text\n'.repeat(50_000)
  const answers = await Promise.all(
    [long, ...Array.from({ length: 50 }, (_, index) => `${index}\n`)].map((body) => post(url, body)),
  )
  assert.equal(answers[0]!.text, `args x\nenv A=b\n${long.toUpperCase()}`)
  assert.deepEqual(
    answers.slice(1).map(({ text }) => text.split('\n')[2]),
    Array.from({ length: 50 }, (_, index) => String(index)),
  )
  const counts = await countsOf(url)
  assert.partialDeepStrictEqual(counts, { name: 'wasiprog', runs: 52, running: 0, failed: 0, refused: 0 })
  assert.ok(counts['warmRuns']! >= 3)
  const closed = once(child, 'close')
  child.kill('SIGINT')
  assert.deepEqual(await closed, [null, 'SIGINT'])
})

test(
  'a run that computes without an end is ended by its fuel or time, and holds up nobody',
  { skip },
  async (t) => {
    const { url, told } = await serve(t, '--arg', 'busy', '--fuel', '1500', '--timeout', '5s', '--runs', '2')
    const busy = [post(url, ''), post(url, '')]
    await sleep(50)
    const refused = await post(url, '')
    assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '1'])
    assert.equal((await countsOf(url))['running'], 2)
    // It has written a line by then.
    for (const { status, text, trailers } of await Promise.all(busy))
      assert.deepEqual([status, trailers['quadrant-exit'], text], [200, 'fuel', 'busy\n'])
    assert.partialDeepStrictEqual(await countsOf(url), { runs: 2, failed: 2, refused: 1, running: 0 })
    assert.deepEqual(told.slice(1), ['wasiprog used its --fuel up', 'wasiprog used its --fuel up'])
  },
)

test('a run whose client goes away is ended', { skip }, async (t) => {
  const { url } = await serve(t, '--arg', 'busy', '--timeout', '60s')
  const sent = request(url, { method: 'POST' }).on('error', () => {})
  sent.end()
  while ((await countsOf(url))['running'] === 0) await sleep(10)
  sent.destroy()
  while ((await countsOf(url))['running'] !== 0) await sleep(10)
  assert.equal((await countsOf(url))['failed'], 1)
})

test('a program that fails is answered with why, and what it said', { skip }, async (t) => {
  const trapped = await serve(t, '--arg', 'trap')
  const { status, text, headers } = await post(trapped.url, '')
  assert.deepEqual([status, headers['quadrant-exit']], [500, 'trap'])
  assert.match(text, /^wasiprog trapped: memory access out of bounds in main\.outOfBounds\n/)
  const panicked = await serve(t, '--arg', 'panic')
  assert.match(
    (await post(panicked.url, '')).text,
    /^wasiprog exited with 2\npanic: as asked\n[^]*goroutine 1/,
  )
})

test('pages of other sites and other names of this host are refused', { skip }, async (t) => {
  const { url } = await serve(t, '--arg', 'stdio')
  for (const [headers, status] of [
    [{ origin: 'http://example.com' }, 403],
    [{ host: 'example.com' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'none' }, 200],
    [{ host: 'localhost:7710' }, 200],
  ] as const)
    assert.equal((await post(url, '', headers)).status, status)
  assert.equal((await post(new URL('/other', url).href, '')).status, 404)
  assert.equal((await countsOf(url))['runs'], 2)
})

test('no request ends the host', { skip }, async (t) => {
  const { url } = await serve(t, '--arg', 'stdio')
  const { port, pathname } = new URL(url)
  for (const [head, status] of [
    [`GET // HTTP/1.1`, 404],
    [`GET /%zz HTTP/1.1`, 404],
    [`HEAD ${pathname} HTTP/1.1`, 405],
    [`GET ${pathname} HTTP/1.1`, 405],
    [`POST ${pathname} HTTP/1.0`, 200],
    ['nonsense', 400],
  ] as const) {
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`${head}\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    let text = ''
    for await (const part of socket) text += String(part)
    assert.equal(Number(text.split(' ')[1]), status, head)
  }
  assert.equal((await post(url, 'x\n')).status, 200)
})

test('a run whose answer nobody takes gives its place back', { skip }, async (t) => {
  const { url } = await serve(t, '--arg', 'stdio', '--timeout', '1s', '--runs', '1')
  const { port, pathname } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1').on('error', () => {})
  t.after(() => socket.destroy())
  socket.pause()
  const body = 'a line of text\n'.repeat(2_000_000)
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  while ((await countsOf(url))['runs'] === 0) await sleep(10)
  while ((await countsOf(url))['running'] !== 0) await sleep(20)
  assert.equal((await post(url, 'x\n')).status, 200)
})

test('programs cannot bring models where they share a thread', { skip }, async (t) => {
  const { url } = await serveProgram(t, inferrer, '--nn-target', 'wasm', '--arg', 'errors')
  const { text } = await post(url, '')
  assert.match(text, /^name: nn: not found\nbytes: nn: unsupported operation\n/)
})
