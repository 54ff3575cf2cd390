// The gateway as a person runs it: a process, signals, a file that changes.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { fromBinary } from '@bufbuild/protobuf'
import * as otlp from '@quadrant/proto/otlp'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'quadrant-gateway-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const DIRECT = `listeners:
  - { name: web, address: 127.0.0.1:0 }
virtual_hosts:
  - { name: all, domains: ['*'], routes: [{ name: all, match: { prefix: / }, respond: { body: one } }] }
access_logs:
  - { stdout: true, text: '%RESPONSE_CODE% %REQ(:path)%' }
admin: { address: 127.0.0.1:0 }
drain: 5s
`

let fileCount = 0

function file(yaml: string): string {
  const path = join(folder, `gateway-${++fileCount}.yaml`)
  writeFileSync(path, yaml)
  return path
}

class Running {
  out = ''
  err = ''
  readonly child
  readonly closed: Promise<unknown[]>

  constructor(t: TestContext, path: string, ...args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, 'gateway', '--config', path, ...args], {
      env: { PATH: process.env['PATH'], HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.out += text))
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.err += text))
    this.closed = once(this.child, 'close')
    t.after(() => this.child.kill('SIGKILL'))
  }

  /** What stderr says of it, once it does. */
  async said(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.err)
      if (match !== null) return match[1] ?? match[0]
      if (this.child.exitCode !== null) throw new Error(`it has ended: ${this.err}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async end(signal: NodeJS.Signals): Promise<unknown> {
    this.child.kill(signal)
    const [code] = await this.closed
    return code
  }
}

const textOf = async (url: string, init?: RequestInit) => (await fetch(url, init)).text()

test('a file with mistakes is told, and nothing runs', async (t) => {
  const good = new Running(t, file(DIRECT), '--check')
  assert.deepEqual(await good.closed, [0, null])
  assert.match(good.out, /: 1 listeners, 1 virtual hosts, 0 clusters, 0 filters\n$/)
  const bad = new Running(t, file(DIRECT.replace('prefix: /', 'prefux: /')), '--check')
  assert.deepEqual(await bad.closed, [1, null])
  assert.match(bad.out, /error\[GATE002\] [^]*`prefux`[^]*\^[^]*fix: /)
})

test('it serves on all threads, takes its file anew, and drains', { timeout: 60_000 }, async (t) => {
  const path = file(DIRECT)
  const gateway = new Running(t, path, '--workers', '2')
  const web = `http://${await gateway.said(/web listens on (\S+)/)}`
  const admin = `http://${await gateway.said(/admin listens on (\S+)/)}`
  assert.equal(await textOf(`${admin}/healthz`), 'ok\n')
  // The kernel shares connections out by their ports: some come to each thread.
  for (let i = 0; i < 40; i++)
    assert.equal(await textOf(`${web}/${i}`, { headers: { connection: 'close' } }), 'one')
  const stats = (await (await fetch(`${admin}/stats`)).json()) as {
    readonly listeners: Readonly<Record<string, { readonly requests: number }>>
  }
  assert.equal(stats.listeners['web']?.requests, 40)
  assert.match(
    await textOf(`${admin}/metrics`),
    /^quadrant_gateway_listener_requests_total\{listener="web"\} 40$/m,
  )
  assert.equal((await fetch(`${admin}/drain`)).status, 404, 'GET drains')
  assert.equal((await fetch(`${admin}/stats`, { headers: { origin: 'http://evil.example' } })).status, 403)

  writeFileSync(path, DIRECT.replace('body: one', 'body: [1'))
  gateway.child.kill('SIGHUP')
  await gateway.said(/is not taken: the gateway goes on as before/)
  assert.equal(await textOf(web), 'one')

  // Editors replace the file.
  writeFileSync(`${path}.new`, DIRECT.replace('body: one', 'body: two'))
  renameSync(`${path}.new`, path)
  await gateway.said(/is taken/)
  assert.equal(await textOf(web), 'two')

  assert.equal(await gateway.end('SIGTERM'), 0)
  assert.match(gateway.err, /draining, at most 5 s/)
  assert.doesNotMatch(gateway.err, /cut off|worker has ended/)
  const lines = gateway.out.trim().split('\n')
  assert.equal(lines.length, 42)
  assert.ok(lines.includes('200 /39'))
})

test('an address that is taken ends it, with a reason', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const gateway = new Running(t, file(DIRECT.replace('127.0.0.1:0', `127.0.0.1:${port}`)))
  assert.deepEqual(await gateway.closed, [3, null])
  assert.match(gateway.err, /error\[QDR-C022\] the gateway cannot start: .*EADDRINUSE/)
})

test('spans of all threads arrive, and those of its last moment, too', async (t) => {
  const spans: otlp.Span[] = []
  const receiver = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const { resourceSpans } = fromBinary(otlp.ExportTraceServiceRequestSchema, Buffer.concat(pieces))
      for (const { scopeSpans } of resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans)
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  t.after(() => receiver.close().closeAllConnections())
  const { port } = receiver.address() as AddressInfo
  const tracing = `tracing: { endpoint: 'http://127.0.0.1:${port}/v1/traces', sample_ratio: 1 }\n`
  const gateway = new Running(t, file(DIRECT + tracing), '--workers', '2')
  const web = `http://${await gateway.said(/web listens on (\S+)/)}`
  const admin = `http://${await gateway.said(/admin listens on (\S+)/)}`
  for (let i = 0; i < 20; i++) await textOf(web, { headers: { connection: 'close' } })
  while (spans.length < 20) await new Promise((resolve) => setTimeout(resolve, 20))
  const stats = await textOf(`${admin}/stats`)
  assert.match(stats, /"spansSent": 20,\s+"spansDropped": 0/)
  assert.match(await textOf(`${admin}/metrics`), /traces_sampled_total\{listener="web"\} 20$/m)
  await textOf(web)
  assert.equal(await gateway.end('SIGTERM'), 0)
  assert.equal(spans.length, 21)
  assert.equal(new Set(spans.map(({ traceId }) => Buffer.from(traceId).toString('hex'))).size, 21)
})

test('POST /drain ends it in good order', async (t) => {
  const gateway = new Running(t, file(DIRECT), '--workers', '1')
  const admin = `http://${await gateway.said(/admin listens on (\S+)/)}`
  assert.equal(await textOf(`${admin}/drain`, { method: 'POST' }), 'draining\n')
  assert.deepEqual(await gateway.closed, [0, null])
})
