import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JoinTokens } from './join-tokens.ts'

const ID = { trustDomain: 'shop.example', path: '/node/web-1' }

test('a token is good once, until its time, and what is kept of it is no token', () => {
  const tokens = new JoinTokens()
  const token = tokens.create(ID, 100, 0)!
  assert.doesNotMatch(JSON.stringify([...tokens.list()]), new RegExp(token))
  assert.deepEqual(tokens.list(), [{ id: 'spiffe://shop.example/node/web-1', expiresMs: 100 }])
  assert.deepEqual(tokens.take(token, 99), { kind: 'taken', id: ID })
  assert.deepEqual(tokens.take(token, 99), { kind: 'refused', reason: 'unknown' })
  const late = tokens.create(ID, 100, 0)!
  assert.deepEqual(tokens.take(late, 100), { kind: 'refused', reason: 'expired' })
  assert.deepEqual(tokens.take('x'.repeat(1 << 20), 0), { kind: 'refused', reason: 'unknown' })
  assert.deepEqual([tokens.takenCount, tokens.refusedBy], [1, { unknown: 2, expired: 1 }])
})

test('there are not more than can wait, and expired ones make room', () => {
  const tokens = new JoinTokens()
  for (let index = 0; index < 10_000; index++) assert.ok(tokens.create(ID, 100, 0) !== undefined)
  assert.equal(tokens.create(ID, 100, 50), undefined)
  assert.ok(tokens.create(ID, 300, 100) !== undefined)
  assert.equal(tokens.waitingCount, 1)
})
