import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { generateSigningKey, readPublicKey, readSigningKey, signBytes, SignedKind } from './signing-key.ts'

test('a key is named by its public part, wherever it is read from', () => {
  const { id, privatePem, publicPem } = generateSigningKey()
  assert.match(id, /^sha256:[0-9a-f]{64}$/)
  assert.equal(readSigningKey(privatePem).id, id)
  assert.ok(readPublicKey(publicPem))
})

test('what is no key of Ed25519, or the wrong part of one, is refused', () => {
  const { privatePem, publicPem } = generateSigningKey()
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const wrong = [
    () => readSigningKey(publicPem),
    () => readPublicKey(privatePem),
    () => readSigningKey('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'),
    () => readPublicKey(''),
    () => readPublicKey(rsa.publicKey.export({ type: 'spki', format: 'pem' })),
  ]
  for (const read of wrong) assert.throws(read, { code: 'argument' })
})

const NO_OPENSSL = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed'

test('OpenSSL verifies what was signed', { skip: NO_OPENSSL }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-signing-'))
  try {
    const { privatePem, publicPem } = generateSigningKey()
    const bytes = Buffer.from('a manifest')
    const { value } = signBytes(SignedKind.release, bytes, readSigningKey(privatePem))
    const [key, signature, message] = ['key', 'signature', 'message'].map((name) => join(folder, name))
    writeFileSync(key!, publicPem)
    writeFileSync(signature!, value)
    writeFileSync(message!, Buffer.concat([Buffer.from('quadrant.v1.FilterRelease\0'), bytes]))
    const out = execFileSync(
      'openssl',
      ['pkeyutl', '-verify', '-pubin', '-inkey', key!, '-rawin', '-in', message!, '-sigfile', signature!],
      { encoding: 'utf8' },
    )
    assert.match(out, /Verified Successfully/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
