// Secrets of requests are nowhere: not on disk, in a log, an export, an answer of the API, the terminal or the screen.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { browserMissing, openBrowser } from '../apps/console/src/testing/browser.ts'
import { TestCgroup } from '../quadrants/observe/src/l7/kernel/testing/test-cgroup.ts'
import { NEEDS_PEER, OtlpPeer, PeerReceiver } from '../quadrants/observe/src/pipeline/testing/otlp-peer.ts'
import { call } from './api.ts'
import { eventually, RunningQuadrant } from './quadrant.ts'
import { WARM_UP } from './requests/served.ts'
import { GuestPrograms, startHttp2Peer, startLogged } from './requests/servers.ts'
import { requestReport } from './requests/told.ts'
import { missing } from './requirements.ts'

const skip = missing('go') || NEEDS_PEER || (browserMissing() ?? false)

/** Text that is nowhere else; secrets and what is public differ by their beginning alone. */
const marker = (kind: string) => `${kind}${randomBytes(12).toString('hex')}`
const SECRETS = {
  authorization: marker('zq'),
  basic: marker('zq'),
  cookie: marker('zq'),
  configuredHeader: marker('zq'),
  token: marker('zq'),
  configuredParameter: marker('zq'),
  user: marker('zq'),
} as const
const PUBLIC = { header: marker('pub'), parameter: marker('pub') } as const

const HEADERS = {
  authorization: `Bearer ${SECRETS.authorization}`,
  'proxy-authorization': `Basic ${Buffer.from(`user:${SECRETS.basic}`).toString('base64')}`,
  cookie: `session=${SECRETS.cookie}; theme=dark`,
  'x-tenant-key': SECRETS.configuredHeader,
  'x-public': PUBLIC.header,
}
const QUERY = `page=${PUBLIC.parameter}&token=${SECRETS.token}&page_key=${SECRETS.configuredParameter}`
const ASKS = { 'x-trace-sampling': 'high' }

/** As they may lie somewhere: as they were sent, and in the encodings in which they would be. */
const FORBIDDEN = [
  ...Object.values(SECRETS),
  Buffer.from(`user:${SECRETS.basic}`).toString('base64'),
].flatMap((secret) => [secret, encoded(secret)].flat())

/** In base64, wherever it begins in what is encoded. */
function encoded(secret: string): readonly string[] {
  return ['', 'a', 'aa'].map((before) => {
    const text = Buffer.from(before + secret).toString('base64')
    return text.slice(4, -4)
  })
}

function checkNothingSecret(where: string, content: Buffer | string): void {
  const bytes = Buffer.from(content)
  for (const secret of FORBIDDEN) assert.ok(!bytes.includes(secret), `${where} has a secret`)
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
}

/** HTTP/1 as it stands, since no library sends user and password. */
async function raw(
  port: number,
  target: string,
  headers: Readonly<Record<string, string>>,
  isTls = false,
): Promise<void> {
  const to = { port, host: '127.0.0.1' }
  const socket = isTls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to)
  const lines = Object.entries({ host: `127.0.0.1:${port}`, ...headers, connection: 'close' })
  socket.end(
    `GET ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  )
  socket.resume()
  await once(socket, 'close')
}

async function ask2(address: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const client = connectHttp2(`http://${address}`)
  const stream = client.request(headers)
  stream.resume().end()
  await once(stream, 'close')
  client.close()
  await once(client, 'close')
}

test('secrets of requests are in no store, log, export or screen', { skip }, async () => {
  using otlp = new OtlpPeer()
  using guests = new GuestPrograms()
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-secrets-'))
  using _folder = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
  await using cgroup = new TestCgroup()
  await using server = await startLogged(cgroup, 'Go', guests.httpserve, ['serve', '127.0.0.1:0'])
  await using tls = await startLogged(cgroup, 'Go TLS', guests.httpserve, ['serve', '127.0.0.1:0', 'tls'])
  await using peer = await startHttp2Peer(cgroup, guests)
  await using receiver = await PeerReceiver.start(otlp)
  const file = join(folder, 'pipeline.yaml')
  writeFileSync(
    file,
    `receivers: { quadrant: }
processors: { batch: { timeout: 200ms } }
exporters: { otlp: { endpoint: "http://${receiver.grpc}" } }
service:
  pipelines:
    metrics: { receivers: [quadrant], processors: [batch], exporters: [otlp] }
    traces: { receivers: [quadrant], processors: [batch], exporters: [otlp] }
`,
  )
  await using product = await RunningQuadrant.start(['--requests', '*', '--pipeline', file])
  await product.run(['requests', 'set', '--redact-header', 'x-tenant-*', '--redact-parameter', 'page_key'])
  await product.run(['requests', 'add', 'high', '--header', 'X-Trace-Sampling=high'])
  await eventually('requests are observed', async () => {
    await raw(server.port, WARM_UP, {})
    const { services = 0, generation = 0, tlsProcesses = 0 } = await requestReport(product.data)
    return services > 0 && generation > 0 && tlsProcesses >= 3 ? true : undefined
  })
  await sleep(1500)
  for (const isAsking of [true, false]) {
    const headers = { ...HEADERS, ...(isAsking && ASKS) }
    // The server sends the cookie back.
    await raw(server.port, `/cookies?${QUERY}`, headers)
    await raw(server.port, `http://user:${SECRETS.user}@127.0.0.1:${server.port}/absolute?${QUERY}`, headers)
    await raw(tls.port, `/within-tls?${QUERY}`, headers, true)
    await ask2(peer.http, { ':path': `/item/1?status=200&bytes=3&${QUERY}`, ...headers })
    await ask2(peer.grpc, {
      ':method': 'POST',
      ':path': '/shop.v1.Cart/Get',
      'content-type': 'application/grpc',
      te: 'trailers',
      'x-request': '1',
      ...headers,
    })
  }
  const listed = await eventually('all that asked are captured', async () => {
    const answer = await call<{ readonly requests?: readonly unknown[] }>(product.data, 'ListRequests', {
      range: { startNs: (Date.now() - 600_000) * 1e6, endNs: (Date.now() + 2000) * 1e6 },
      limit: 1000,
    })
    return (answer.requests ?? []).length >= 5 ? JSON.stringify(answer) : undefined
  })
  for (const protocol of ['HTTP1', 'HTTP2', 'GRPC'])
    assert.ok(listed.includes(`REQUEST_PROTOCOL_${protocol}`))
  // What is public is there: what follows looks in the right places.
  assert.ok(listed.includes(PUBLIC.header) && listed.includes(PUBLIC.parameter))
  assert.ok(listed.includes('[redacted]'))
  checkNothingSecret('ListRequests', listed)

  const everything = await call<unknown>(product.data, 'GetRequests', {
    range: { startNs: (Date.now() - 600_000) * 1e6, endNs: (Date.now() + 2000) * 1e6 },
    grouping: 'REQUEST_GROUPING_ROUTE',
    limit: 1000,
  })
  assert.match(JSON.stringify(everything), /\/cookies/)
  checkNothingSecret('GetRequests', JSON.stringify(everything))

  for (const args of [
    ['observe', '--requests', '-o', 'jsonl'],
    ['observe', '--requests'],
    ['observe', '-o', 'jsonl'],
    ['top', '--by', 'routes'],
    ['status', '-o', 'json'],
    ['requests', 'list', '-o', 'json'],
  ]) {
    const { stdout, stderr } = await product.run(args)
    checkNothingSecret(`quadrant ${args.join(' ')}`, stdout + stderr)
    if (args.includes('jsonl') && args.includes('--requests')) assert.ok(stdout.includes(PUBLIC.header))
  }

  const exported = await eventually('captures are exported', () => {
    const text = JSON.stringify(receiver.requests)
    return text.includes(PUBLIC.header) ? text : undefined
  })
  checkNothingSecret('OTLP', exported)

  await using browser = await openBrowser()
  const page = await browser.newPage({ viewport: { width: 1600, height: 1200 } })
  const seen: string[] = []
  page.on(
    'response',
    (response) =>
      void response.text().then(
        (text) => seen.push(text),
        () => {},
      ),
  )
  await page.goto(product.address)
  await page.locator('[data-edge], .map-empty').first().waitFor({ state: 'attached' })
  seen.push(await page.content())
  await page.goto(`${new URL(product.address).origin}/flows?of=requests&t=5m`)
  const grid = page.locator('[role="grid"]')
  await grid.locator('[aria-rowindex="2"]').waitFor()
  for (let row = 2; row <= 6; row++) {
    await grid.locator(`[aria-rowindex="${row}"]`).click()
    await sleep(200)
    seen.push(await page.content())
  }
  assert.ok(
    seen.some((text) => text.includes(PUBLIC.header)),
    'no captured request is on the screen',
  )
  for (const text of seen) checkNothingSecret('the console', text)
  await page.close()

  checkNothingSecret('the log', product.log)
  const bytes = filesBelow(product.data).map((path) => [path, readFileSync(path)] as const)
  assert.ok(
    bytes.some(([, content]) => content.includes(PUBLIC.header)),
    'no captured request is on disk as it is',
  )
  for (const [path, content] of bytes) checkNothingSecret(path, content)
})
