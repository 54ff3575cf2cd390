import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { test } from 'node:test'
import { credentials, ServerCredentials, status } from '@grpc/grpc-js'
import { generateWorkloadKeys, readSigningRequest, writeSigningRequest } from '../identity/signing-request.ts'
import { createRoot } from '../identity/signing-root.ts'
import { parseSpiffeId } from '../identity/spiffe-id.ts'
import { issueSvid } from '../identity/svid.ts'
import { PemConverter } from '../identity/x509.ts'
import { madeResource, urlOf } from './testing/made-resource.ts'
import { listen, XdsClient } from './testing/xds-client.ts'
import { XdsServer } from './xds-server.ts'

const HOUR_MS = 3_600_000
const SERVER_NAME = 'control-plane.mesh'

test('over mutual TLS, what a proxy may see is decided by its certificate', async () => {
  const nowMs = Date.now()
  const root = await createRoot({ trustDomain: 'shop.example', lifetimeMs: HOUR_MS, nowMs })
  const rootPem = Buffer.from(root.certificate.toString('pem'))
  const identity = async (path: string) => {
    const keys = await generateWorkloadKeys()
    const request = await readSigningRequest(await writeSigningRequest(keys))
    const id = parseSpiffeId(`spiffe://shop.example${path}`)
    const svid = await issueSvid(root, request, { id, lifetimeMs: HOUR_MS, nowMs, dnsNames: [SERVER_NAME] })
    const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
    return { key: Buffer.from(key), certificate: Buffer.from(svid.certificate) }
  }
  const own = await identity('/control-plane')
  const xds = new XdsServer({
    admit: ({ peer }) => {
      const found = /URI:spiffe:\/\/shop\.example\/(\w+)$/.exec(
        peer.certificate?.subjectAltName?.split(', ')[0] ?? '',
      )
      return found && found[1] !== 'stranger' ? { views: [found[1]!] } : { refusal: 'nobody knows it' }
    },
  })
  xds.update({
    set: [
      { ...madeResource('EDS', 1, 0), view: 'cart' },
      { ...madeResource('EDS', 2, 0), view: 'shop' },
    ],
  })
  const pairs = [{ private_key: own.key, cert_chain: own.certificate }]
  using listener = await listen(xds, ServerCredentials.createSsl(rootPem, pairs, true))
  const say = async (path: string) => {
    const { key, certificate } = await identity(path)
    const asWho = credentials.createSsl(rootPem, key, certificate)
    const options = { 'grpc.ssl_target_name_override': SERVER_NAME }
    const client = new XdsClient(listener.address, () => '', true, undefined, asWho, options)
    // Whatever it calls itself.
    client.sayDelta({ node: { id: 'shop', cluster: 'shop' }, typeUrl: urlOf('EDS') })
    return client
  }
  using cart = await say('/cart')
  assert.deepEqual((await cart.response(0)).names, ['EDS-1'])
  using shop = await say('/shop')
  assert.deepEqual((await shop.response(0)).names, ['EDS-2'])
  using stranger = await say('/stranger')
  assert.equal(await stranger.ended, status.PERMISSION_DENIED)
})
