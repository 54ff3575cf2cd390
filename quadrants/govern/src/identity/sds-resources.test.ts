import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary, toJson } from '@bufbuild/protobuf'
import { tlsSecret } from '@quadrant/proto/envoy'
import { sdsResources } from './sds-resources.ts'
import { parseSpiffeId } from './spiffe-id.ts'

const CART = parseSpiffeId('spiffe://shop.example/cart')
const HELD = {
  svid: { id: CART, certificate: 'CERT', serialNumber: '1', issuedMs: 0, expiresMs: 1 },
  key: 'KEY',
  trusted: ['ROOT 1', 'ROOT 2\n'],
}

test('a certificate by its id, and whom to trust by exact ids or whole domains', () => {
  const peers = [CART, parseSpiffeId('spiffe://bank.example')]
  const secrets = sdsResources(HELD, [{ name: 'callers', peers }])
  const read = secrets.map(({ value }) =>
    toJson(tlsSecret.SecretSchema, fromBinary(tlsSecret.SecretSchema, value)),
  )
  assert.deepEqual(read, [
    {
      name: 'spiffe://shop.example/cart',
      tlsCertificate: { certificateChain: { inlineString: 'CERT' }, privateKey: { inlineString: 'KEY' } },
    },
    {
      name: 'callers',
      validationContext: {
        trustedCa: { inlineString: 'ROOT 1\nROOT 2\n' },
        matchTypedSubjectAltNames: [
          { sanType: 'URI', matcher: { exact: 'spiffe://shop.example/cart' } },
          { sanType: 'URI', matcher: { prefix: 'spiffe://bank.example/' } },
        ],
      },
    },
  ])
})

test('a secret that trusts nobody would trust everybody', () => {
  assert.throws(() => sdsResources(HELD, [{ name: 'none', peers: [] }]), {
    code: 'argument',
    message: /nobody/,
  })
  const peers = Array.from({ length: 1001 }, () => CART)
  assert.throws(() => sdsResources(HELD, [{ name: 'all', peers }]), { code: 'too-large' })
})
