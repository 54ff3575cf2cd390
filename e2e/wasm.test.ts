// net/http of Go inside of the host, under load from other processes: nothing is lost, and the event loop goes on.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { FULL, lacking } from './requirements.ts'

const skip = lacking('go')
const skipTls = lacking('go', 'openssl')
const folder = mkdtempSync(join(tmpdir(), 'quadrant-e2e-wasm-'))
const program = join(folder, 'netprog.wasm')
const HOST = fileURLToPath(new URL('./wasm-host.fixture.ts', import.meta.url))
const ROUNDS = FULL ? 20 : 2

interface Measured {
  readonly result: unknown
  readonly stdout: string
  readonly delayMsMax: number
  readonly delayMsP99: number
  readonly heldMsMax: number
}

before(() => {
  if (skip !== false) return
  execFileSync('go', ['build', '-buildvcs=false', '-o', program, '.'], {
    cwd: join(import.meta.dirname, '../guest/netprog'),
    env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm' },
  })
})
after(() => rmSync(folder, { recursive: true }))

function startHost(
  where: 'here' | 'thread',
  rule: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
) {
  const child = spawn(process.execPath, [HOST, where, program, rule, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
}

function describe({ delayMsMax, delayMsP99, heldMsMax }: Measured): string {
  const ms = (value: number) => `${value.toFixed(1)} ms`
  return (
    `event loop late by at most ${ms(delayMsMax)} (99 %: ${ms(delayMsP99)}), ` +
    `held by its own work at most ${ms(heldMsMax)}`
  )
}

for (const where of ['here', 'thread'] as const)
  test(`100 clients at once, 3 MB up, 8 MB down, guest ${where}`, { skip }, async (t) => {
    const lines = startHost(where, '127.0.0.1:1', ['serve'])
    const url = `http://${(await lines.next()).value}`
    const sent = Buffer.alloc(3 << 20, 'request body ')
    const read = async (path: string, init?: RequestInit) =>
      Buffer.from(await (await fetch(`${url}${path}`, init)).arrayBuffer())
    for (let round = 0; round < ROUNDS; round++) {
      const [echoed, large, ...slow] = await Promise.all([
        read('/echo', { method: 'POST', body: sent }),
        read('/large'),
        ...Array.from({ length: 100 }, () => read('/slow')),
      ])
      assert.ok(echoed.equals(sent))
      assert.equal(large.length, 8 << 20)
      assert.deepEqual(new Set(slow.map(String)), new Set(['slow']))
    }
    await read('/quit')
    const measured = JSON.parse((await lines.next()).value!) as Measured
    assert.deepEqual([measured.result, measured.stdout], [{ kind: 'exit', code: 0 }, 'closed true\n'])
    t.diagnostic(describe(measured))
  })

test('TLS and HTTP/2 to a server outside', { skip: skipTls }, async (t) => {
  const file = (name: string) => join(folder, name)
  const request =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1'
  const files = ['-keyout', file('key.pem'), '-out', file('cert.pem')]
  execFileSync('openssl', [...request.split(' '), ...files], { stdio: 'ignore' })
  const cert = readFileSync(file('cert.pem'), 'utf8')
  const server = createSecureServer({ cert, key: readFileSync(file('key.pem')) }, (incoming, response) => {
    incoming.resume().on('end', () => response.end('answer\n'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const urls = Array.from({ length: ROUNDS }, () => `https://${address}/`)
  for (const where of ['here', 'thread'] as const) {
    const lines = startHost(where, address, ['fetch', ...urls], { ROOTS: cert })
    await lines.next()
    const measured = JSON.parse((await lines.next()).value!) as Measured
    const answers = measured.stdout.trimEnd().split('\n')
    const kinds = ['get HTTP/2.0 200 7 answer', 'many 0', 'post HTTP/2.0 200 7 answer']
    assert.deepEqual([measured.result, [...new Set(answers)].sort()], [{ kind: 'exit', code: 0 }, kinds])
    t.diagnostic(`guest ${where}: ${describe(measured)}`)
  }
})
