// Certificates whose files are replaced, as whoever issues them for days does it: a reload takes them up.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { NEEDS_OPENSSL, TestAuthority, type CertificateFiles } from '../testing/certificates.ts'
import { exchangeBytes } from '../testing/raw-client.ts'
import { helloUpstream } from '../testing/raw-upstream.ts'
import { gatewaySpec, simpleYaml, testGateway } from '../testing/test-gateway.ts'
import { mutualTlsUpstream } from '../testing/tls-upstream.ts'

const GET = 'GET /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'

function replace(old: CertificateFiles, by: CertificateFiles): void {
  copyFileSync(by.cert, old.cert)
  copyFileSync(by.key, old.key)
}

test(
  'clients see the new one after a reload, and where it is broken the old one',
  NEEDS_OPENSSL,
  async (t) => {
    const authority = new TestAuthority(t)
    const upstream = await helloUpstream(t)
    const files = authority.issue('old', 'DNS:a.example')
    const tls = `, tls: { certificates: [{ cert_file: ${files.cert}, key_file: ${files.key} }] }`
    const yaml = simpleYaml(upstream.port, { listener: tls })
    const { port, gateway } = await testGateway(t, yaml)
    const spec = gatewaySpec(yaml)
    const seen = async () => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      const { CN } = socket.getPeerCertificate().subject
      socket.destroy()
      return CN
    }
    assert.equal(await seen(), 'old')
    replace(files, authority.issue('new', 'DNS:a.example'))
    await gateway.reload(spec)
    assert.equal(await seen(), 'new')
    writeFileSync(files.cert, 'no certificate')
    await assert.rejects(gateway.reload(spec), { code: 'encoding' })
    assert.equal(await seen(), 'new')
  },
)

test('endpoints see the new one after a reload, on connections of their own', NEEDS_OPENSSL, async (t) => {
  const authority = new TestAuthority(t)
  const issued = authority.issue('up', 'DNS:up.example')
  const names: string[] = []
  const upstreamPort = await mutualTlsUpstream(t, authority, issued, (request, response) => {
    names.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN))
    response.end('ok')
  })
  const own = authority.issue('old', 'DNS:gateway.example')
  const yaml = simpleYaml(upstreamPort, {
    cluster: `, tls: { ca_file: ${authority.ca}, server_name: up.example, cert_file: ${own.cert}, key_file: ${own.key} }`,
  })
  const { port, gateway } = await testGateway(t, yaml)
  const spec = gatewaySpec(yaml)
  const ask = async () => assert.match(await exchangeBytes(port, GET), /^HTTP\/1\.1 200 /)
  await ask()
  await gateway.reload(spec)
  await ask()
  const { connections } = gateway.stats().clusters['up']!
  assert.equal(connections, 1, 'what is as it was keeps its connections')
  replace(own, authority.issue('new', 'DNS:gateway.example'))
  await gateway.reload(spec)
  await ask()
  assert.deepEqual(names, ['old', 'old', 'new'])
})
