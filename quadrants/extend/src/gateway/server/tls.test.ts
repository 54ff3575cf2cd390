import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { type TestContext, test } from 'node:test'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { NEEDS_OPENSSL, TestAuthority, type CertificateFiles } from '../testing/certificates.ts'
import { exchangeBytes, RawClient } from '../testing/raw-client.ts'
import { helloUpstream } from '../testing/raw-upstream.ts'
import { simpleYaml, testGateway } from '../testing/test-gateway.ts'
import { mutualTlsUpstream } from '../testing/tls-upstream.ts'

const GET = 'GET /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'

function certificate({ cert, key }: CertificateFiles, names = ''): string {
  return `{ cert_file: ${cert}, key_file: ${key}${names} }`
}

interface Met {
  readonly alpn: string | false | null
  readonly name: string
  readonly answer: string
}

async function ask(t: TestContext, port: number, options: ConnectionOptions): Promise<Met> {
  const socket = connect({ port, host: '127.0.0.1', ...options })
  t.after(() => socket.destroy())
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  return { alpn: socket.alpnProtocol, name: String(subject.CN), answer: await answerOf(socket) }
}

async function answerOf(socket: TLSSocket): Promise<string> {
  socket.write(GET)
  let text = ''
  // With TLS 1.3 a client hears only after its handshake that its certificate was refused.
  for await (const bytes of socket) text += String(bytes)
  return text
}

test('the certificate is chosen by name, the protocol by ALPN', NEEDS_OPENSSL, async (t) => {
  const authority = new TestAuthority(t)
  const upstream = await helloUpstream(t)
  const first = certificate(authority.issue('first', 'DNS:first.example'))
  const second = certificate(authority.issue('second', 'DNS:*.second.example,DNS:second.example'))
  const third = certificate(authority.issue('third', 'DNS:unused.example'), ', server_names: [third.example]')
  const tls = `, tls: { certificates: [${first}, ${second}, ${third}] }`
  const { port, gateway } = await testGateway(t, simpleYaml(upstream.port, { listener: tls }))
  const ca = readFileSync(authority.ca)
  for (const [servername, name] of [
    ['first.example', 'first'],
    ['second.example', 'second'],
    ['x.second.example', 'second'],
    ['y.x.second.example', 'first'],
    ['THIRD.example', 'third'],
    ['unused.example', 'first'],
    ['', 'first'],
  ] as const) {
    const options = { ca, servername, checkServerIdentity: () => undefined, ALPNProtocols: ['http/1.1'] }
    const met = await ask(t, port, options)
    assert.equal(met.name, name, servername)
    assert.equal(met.alpn, 'http/1.1')
    assert.match(met.answer, /hello \/a$/)
  }
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca, servername: 'first.example' })
  t.after(() => session.destroy())
  const stream = session.request({ ':path': '/h2' })
  stream.setEncoding('utf8')
  let body = ''
  for await (const text of stream) body += String(text)
  assert.equal(body, 'hello /h2')
  assert.match(upstream.received.join(''), /x-forwarded-proto: https/)
  assert.equal(gateway.stats().listeners['main']?.handshakeFailures, 0)
})

test(
  'who has no certificate of the authority is not let in, and who has one is named',
  NEEDS_OPENSSL,
  async (t) => {
    const authority = new TestAuthority(t)
    const stranger = new TestAuthority(t)
    const upstream = await helloUpstream(t)
    const server = certificate(authority.issue('server', 'DNS:server.example'))
    const yaml = simpleYaml(upstream.port, {
      listener: `, tls: { certificates: [${server}], client_ca_file: ${authority.ca} }`,
    }).replace(
      "'%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%'",
      "'%DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_PEER_URI_SAN% %DOWNSTREAM_TLS_VERSION%'",
    )
    const { port, line, gateway } = await testGateway(t, yaml)
    const ca = readFileSync(authority.ca)
    const known = authority.issue('client', 'URI:spiffe://shop.example/cart')
    const met = await ask(t, port, {
      ca,
      servername: 'server.example',
      cert: readFileSync(known.cert),
      key: readFileSync(known.key),
    })
    assert.match(met.answer, /hello \/a$/)
    assert.equal(await line(), 'O=Quadrant,CN=client spiffe://shop.example/cart TLSv1.3')
    const unknown = stranger.issue('client', 'URI:spiffe://shop.example/cart')
    for (const own of [{}, { cert: readFileSync(unknown.cert), key: readFileSync(unknown.key) }]) {
      const answer = await ask(t, port, { ca, servername: 'server.example', ...own }).then(
        (reached) => reached.answer,
        () => '',
      )
      assert.equal(answer, '')
    }
    assert.equal(upstream.received.length, 1)
    assert.equal(gateway.stats().listeners['main']?.handshakeFailures, 2)
  },
)

test('who speaks no TLS, or nothing, does not stay', NEEDS_OPENSSL, async (t) => {
  const authority = new TestAuthority(t)
  const tls = `, tls: { certificates: [${certificate(authority.issue('a', 'DNS:a'))}] }, timeouts: { handshake: 60ms }`
  const { port, gateway } = await testGateway(t, simpleYaml(1, { listener: tls }))
  assert.doesNotMatch(await exchangeBytes(port, GET), /HTTP/)
  using silent = new RawClient(port)
  assert.equal(await silent.end(), '')
  const stats = () => gateway.stats().listeners['main']!
  while (stats().connectionsActive > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const { handshakeTimeouts, handshakeFailures } = stats()
  assert.deepEqual([handshakeTimeouts, handshakeFailures], [1, 2])
})

interface UpstreamRow {
  readonly name: string
  /** Of the cluster's TLS, behind the authority. */
  readonly tls: string
  readonly status: number
}

const UPSTREAM_ROWS: readonly UpstreamRow[] = [
  { name: 'with its name', tls: ', server_name: up.example', status: 200 },
  { name: 'with another name', tls: ', server_name: other.example', status: 503 },
  {
    name: 'with one of its names',
    tls: ', server_name: x, subject_alt_names: [{ prefix: "spiffe://" }]',
    status: 200,
  },
  { name: 'with none of its names', tls: ', server_name: x, subject_alt_names: [{ exact: y }]', status: 503 },
]

test('upstreams are held to their names', NEEDS_OPENSSL, async (t) => {
  const authority = new TestAuthority(t)
  const issued = authority.issue('up', 'DNS:up.example,URI:spiffe://up')
  const client = authority.issue('gateway', 'DNS:gateway.example')
  const upstreamPort = await mutualTlsUpstream(t, authority, issued, (_, response) => response.end('secret'))
  for (const { name, tls, status } of UPSTREAM_ROWS) {
    const own = `cert_file: ${client.cert}, key_file: ${client.key}`
    const cluster = `, tls: { ca_file: ${authority.ca}, ${own}${tls} }`
    const { port } = await testGateway(t, simpleYaml(upstreamPort, { cluster }))
    const answer = await exchangeBytes(port, GET)
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), name)
  }
})
