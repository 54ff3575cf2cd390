// net/http of Go inside of the host, as server and as client.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildGuest, NEEDS_GO } from '../../testing/go-guest.ts'
import { runCommand } from '../command.ts'
import { compileCommand } from '../compile.ts'
import { CollectedOutput } from '../io/buffers.ts'
import { SocketListener } from '../io/socket.ts'
import { networkModule } from './network-module.ts'
import { parseNetworkRule } from './network-rule.ts'

const OK = { kind: 'exit', code: 0 } as const
const NEEDS_TLS = {
  skip:
    NEEDS_GO.skip ||
    (spawnSync('openssl', ['version'], { stdio: 'ignore' }).status !== 0 && 'openssl is not installed'),
}
let compiled: Promise<WebAssembly.Module> | undefined

/** The path, and how many bytes were sent to it. */
const answer: RequestListener = (request, response) => {
  let byteCount = 0
  request.on('data', (part: Buffer) => (byteCount += part.length))
  request.on('end', () => response.end(`${request.url} ${byteCount}\n`))
}

async function fetchInside(
  urls: readonly string[],
  port: number,
  env: Readonly<Record<string, string>> = {},
) {
  compiled ??= compileCommand(buildGuest('netprog'))
  const stdout = new CollectedOutput()
  const stderr = new CollectedOutput()
  const result = await runCommand(await compiled, {
    args: ['netprog', 'fetch', ...urls],
    env,
    stdout,
    stderr,
    modules: [networkModule({ rules: [parseNetworkRule(`127.0.0.1:${port}`)] })],
  })
  assert.deepEqual([result, stderr.text], [OK, ''])
  return stdout.text.trimEnd().split('\n')
}

test('http.Transport goes out: the same connection again, 3 MB up, 50 at once', NEEDS_GO, async (t) => {
  let connectionCount = 0
  const server = createHttpServer(answer).on('connection', () => connectionCount++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const lines = await fetchInside([`http://127.0.0.1:${port}/path`, 'http://127.0.0.1:1/'], port)
  assert.deepEqual(lines, [
    'get HTTP/1.1 200 8 /path 0',
    'get HTTP/1.1 200 8 /path 0',
    'post HTTP/1.1 200 14 /path 3145727',
    'get EACCES',
    'post EACCES',
    'many 0',
  ])
  assert.ok(connectionCount <= 51, `${connectionCount} connections`)
})

test('TLS and HTTP/2 are spoken inside, by crypto/tls', NEEDS_TLS, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = (name: string) => join(folder, name)
  const subject = '-subj /CN=test -addext subjectAltName=IP:127.0.0.1'
  const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 ${subject}`
  const files = ['-keyout', file('key.pem'), '-out', file('cert.pem')]
  execFileSync('openssl', [...request.split(' '), ...files], { stdio: 'ignore' })
  const cert = readFileSync(file('cert.pem'), 'utf8')
  const key = readFileSync(file('key.pem'))
  let connectionCount = 0
  const server = createSecureServer({ key, cert, allowHTTP1: true }, answer as never)
  server.on('secureConnection', () => connectionCount++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const lines = await fetchInside([`https://127.0.0.1:${port}/path`], port, { ROOTS: cert })
  assert.deepEqual(lines, [
    'get HTTP/2.0 200 8 /path 0',
    'get HTTP/2.0 200 8 /path 0',
    'post HTTP/2.0 200 14 /path 3145727',
    'many 0',
  ])
  assert.equal(connectionCount, 1)
})

test(
  '100 clients at once are served, 3 MB up and 8 MB down, each known by its address',
  NEEDS_GO,
  async () => {
    compiled ??= compileCommand(buildGuest('netprog'))
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const stdout = new CollectedOutput()
    const ended = runCommand(await compiled, {
      args: ['netprog', 'serve'],
      env: { LISTEN_FDS: '1', LISTEN_FDS_START: '3' },
      stdout,
      listeners: [new SocketListener(server)],
      modules: [networkModule({ rules: [] })],
    })
    const sent = Buffer.alloc(3 << 20, 'request body ')
    const read = async (path: string, init?: RequestInit) =>
      Buffer.from(await (await fetch(`${url}${path}`, init)).arrayBuffer())
    const [echoed, large, ...slow] = await Promise.all([
      read('/echo', { method: 'POST', body: sent }),
      read('/large'),
      ...Array.from({ length: 100 }, () => read('/slow')),
    ])
    assert.ok(echoed.equals(sent))
    assert.equal(large.toString(), 'quadrant'.repeat(1 << 20))
    assert.deepEqual(new Set(slow.map(String)), new Set(['slow']))
    assert.match((await read('/peer')).toString(), new RegExp(`^127\\.0\\.0\\.1:\\d+ ${url.slice(7)}\\n$`))
    await read('/quit')
    assert.deepEqual([await ended, stdout.text], [OK, 'closed true\n'])
  },
)
