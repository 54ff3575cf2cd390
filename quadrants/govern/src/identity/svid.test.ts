// What is issued, as OpenSSL and TLS see it.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { webcrypto, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { connect, createServer, type TLSSocket } from 'node:tls'
import fc from 'fast-check'
import { generateWorkloadKeys, readSigningRequest, writeSigningRequest } from './signing-request.ts'
import { createRoot, exportRoot, importRoot, type SigningRoot } from './signing-root.ts'
import { parseSpiffeId } from './spiffe-id.ts'
import { issueSvid, renewAtMs, type Svid } from './svid.ts'
import * as x509 from './x509.ts'

const NEEDS_OPENSSL =
  spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0 ? {} : { skip: 'needs openssl' }
const HOUR_MS = 3_600_000
const CART = parseSpiffeId('spiffe://shop.example/ns/web/sa/cart')

const root = await createRoot({ trustDomain: 'shop.example', lifetimeMs: 48 * HOUR_MS, nowMs: Date.now() })

interface Identity {
  readonly svid: Svid
  readonly key: string
}

async function identity(by: SigningRoot = root, id = CART, nowMs = Date.now()): Promise<Identity> {
  const keys = await generateWorkloadKeys()
  const request = await readSigningRequest(await writeSigningRequest(keys))
  const svid = await issueSvid(by, request, { id, lifetimeMs: HOUR_MS, nowMs, dnsNames: ['cart.web'] })
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { svid, key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') }
}

test('OpenSSL verifies it strictly, and reads what X509-SVID asks for', NEEDS_OPENSSL, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-svid-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const { svid } = await identity()
  const [ca, leaf] = [join(folder, 'ca.pem'), join(folder, 'leaf.pem')]
  writeFileSync(ca, root.certificate.toString('pem'))
  writeFileSync(leaf, svid.certificate)
  for (const purpose of ['sslserver', 'sslclient'])
    assert.match(
      execFileSync('openssl', ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', ca, leaf], {
        encoding: 'utf8',
      }),
      /OK\n$/,
    )
  const text = execFileSync('openssl', ['x509', '-in', leaf, '-noout', '-text'], { encoding: 'utf8' })
  assert.match(text, /Basic Constraints: critical\s+CA:FALSE/)
  assert.match(text, /Key Usage: critical\s+Digital Signature\n/)
  assert.match(text, /Alternative Name:\s+URI:spiffe:\/\/shop\.example\/ns\/web\/sa\/cart, DNS:cart\.web\n/)
  assert.match(text, /Extended Key Usage:\s+TLS Web Server Authentication, TLS Web Client Authentication/)
  const ownText = execFileSync('openssl', ['x509', '-in', ca, '-noout', '-text'], { encoding: 'utf8' })
  assert.match(ownText, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/)
  assert.match(ownText, /Key Usage: critical\s+Certificate Sign, CRL Sign/)
  assert.match(ownText, /URI:spiffe:\/\/shop\.example\n/)
})

test('a request of OpenSSL is read: of EC, RSA and in PEM', NEEDS_OPENSSL, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-csr-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const made = (...args: readonly string[]) =>
    execFileSync(
      'openssl',
      ['req', '-new', '-nodes', '-keyout', join(folder, 'key'), '-subj', '/CN=root', ...args],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    )
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384']
  for (const args of [ec, [...ec, '-outform', 'DER'], ['-newkey', 'rsa:2048']]) {
    const { publicKey } = await readSigningRequest(made(...args))
    // Whatever it calls itself, it is whom it was attested as.
    const svid = await issueSvid(root, { publicKey }, { id: CART, lifetimeMs: HOUR_MS, nowMs: Date.now() })
    assert.doesNotMatch(new X509Certificate(svid.certificate).subject, /root/)
  }
  await assert.rejects(readSigningRequest(made('-newkey', 'rsa:1024')), { code: 'argument', message: /RSA/ })
  await assert.rejects(
    readSigningRequest(made('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1', '-outform', 'DER')),
    /secp256k1|encoding|not/i,
  )
})

async function met(t: TestContext, server: Identity, client: Identity, trusted: readonly SigningRoot[]) {
  const ca = trusted.map(({ certificate }) => certificate.toString('pem'))
  const accepting = createServer(
    { cert: server.svid.certificate, key: server.key, ca, requestCert: true, rejectUnauthorized: true },
    (socket) => socket.end(String(socket.getPeerX509Certificate()?.subjectAltName)),
  )
  accepting.on('tlsClientError', () => {})
  accepting.listen(0, '127.0.0.1')
  await once(accepting, 'listening')
  t.after(() => accepting.close())
  const socket: TLSSocket = connect({
    port: (accepting.address() as AddressInfo).port,
    host: '127.0.0.1',
    cert: client.svid.certificate,
    key: client.key,
    ca,
    checkServerIdentity: () => undefined,
  })
  t.after(() => socket.destroy())
  let text = ''
  try {
    for await (const bytes of socket) text += String(bytes)
    return text
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

test('two workloads meet by TLS; an unknown root, one that has expired and one of another domain do not', async (t) => {
  const nowMs = Date.now()
  const server = await identity()
  assert.match(
    await met(t, server, await identity(), [root]),
    /^URI:spiffe:\/\/shop\.example\/ns\/web\/sa\/cart/,
  )
  const other = await createRoot({ trustDomain: 'other.example', lifetimeMs: HOUR_MS, nowMs })
  const stranger = await identity(other, parseSpiffeId('spiffe://other.example/a'))
  assert.doesNotMatch(await met(t, server, stranger, [root]), /spiffe/)
  const impostor = await createRoot({ trustDomain: 'shop.example', lifetimeMs: HOUR_MS, nowMs })
  assert.doesNotMatch(await met(t, server, await identity(impostor), [root]), /spiffe/)
  // Both are trusted while one takes the place of the other.
  assert.match(await met(t, server, await identity(impostor), [root, impostor]), /^URI:spiffe/)
  const old = await identity(root, CART, nowMs - 2 * HOUR_MS)
  assert.doesNotMatch(await met(t, server, old, [root]), /spiffe/)
})

const REFUSED: readonly (readonly [name: string, options: object, message: RegExp])[] = [
  ['another trust domain', { id: parseSpiffeId('spiffe://other.example/a') }, /not of the trust domain/],
  ['a trust domain', { id: parseSpiffeId('spiffe://shop.example') }, /no workload/],
  ['too short a life', { lifetimeMs: 1000 }, /from a minute to 24 hours/],
  ['too long a life', { lifetimeMs: 25 * HOUR_MS }, /from a minute to 24 hours/],
  ['no number', { lifetimeMs: Number.NaN }, /from a minute to 24 hours/],
  ['a name that is none', { dnsNames: ['a b'] }, /names of DNS/],
  ['too many names', { dnsNames: Array.from({ length: 17 }, (_, index) => `n${index}`) }, /names of DNS/],
  ['a root that is over', { nowMs: Date.now() + 49 * HOUR_MS }, /has expired/],
]

for (const [name, options, message] of REFUSED)
  test(`${name} is not signed`, async () => {
    const keys = await generateWorkloadKeys()
    const request = await readSigningRequest(await writeSigningRequest(keys))
    const all = { id: CART, lifetimeMs: HOUR_MS, nowMs: Date.now(), ...options }
    await assert.rejects(issueSvid(root, request, all), { code: 'argument', message })
  })

test('it does not outlive its root, and is renewed at half life or so', async () => {
  const nowMs = Date.now() + 48 * HOUR_MS - 30 * 60_000
  const { svid } = await identity(root, CART, nowMs)
  assert.ok(svid.expiresMs <= root.certificate.notAfter.getTime())
  const lifeMs = svid.expiresMs - svid.issuedMs
  for (const random of [0, 0.5, 0.999]) {
    const share = (renewAtMs(svid, () => random) - svid.issuedMs) / lifeMs
    assert.ok(share > 0.449 && share < 0.551)
  }
})

test('a root comes back from what is kept of it, and only with its own key', async () => {
  const kept = await exportRoot(root)
  const again = await importRoot(kept)
  assert.equal(again.trustDomain, 'shop.example')
  assert.match((await identity(again)).svid.certificate, /BEGIN CERTIFICATE/)
  const other = await createRoot({ trustDomain: 'shop.example', lifetimeMs: HOUR_MS, nowMs: Date.now() })
  await assert.rejects(importRoot({ ...kept, key: (await exportRoot(other)).key }), { code: 'encoding' })
  await assert.rejects(importRoot({ certificate: 'x', key: 'y' }), { code: 'encoding' })
})

test('bytes that are no request are refused, whatever they are', async () => {
  const whole = await writeSigningRequest(await generateWorkloadKeys())
  await assert.rejects(readSigningRequest(new Uint8Array(20_000)), { code: 'too-large' })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(whole.length),
      async (changes, length) => {
        const bytes = whole.slice(0, length === 0 ? whole.length : length)
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        if (Buffer.compare(bytes, whole) === 0) return
        try {
          await readSigningRequest(bytes)
        } catch (error) {
          assert.ok(['argument', 'encoding'].includes((error as { code: string }).code), String(error))
        }
      },
    ),
    { numRuns: 300, seed: 9 },
  )
})
