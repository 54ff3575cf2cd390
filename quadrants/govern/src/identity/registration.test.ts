import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRegistrations, identitiesOf, type ProcessFacts, type Selector } from './registration.ts'
import { formatSpiffeId, parseSpiffeId } from './spiffe-id.ts'

const SHA = 'a'.repeat(64)
const FACTS: ProcessFacts = {
  pid: 7,
  uid: 1000,
  executableSha256: SHA,
  unit: 'cart.service',
  service: 'cart',
}
const entry = (selectors: Selector, id = 'spiffe://shop.example/cart') => ({
  spiffeId: parseSpiffeId(id),
  selectors,
})

const ROWS: readonly (readonly [selectors: Selector, isIt: boolean])[] = [
  [{ uid: 1000 }, true],
  [{ uid: 1000, executableSha256: SHA, unit: 'cart.service' }, true],
  [{ uid: 0 }, false],
  [{ uid: 1000, unit: 'other.service' }, false],
  // Nobody knows its container.
  [{ uid: 1000, containerId: 'c1' }, false],
  [{}, false],
]

test('a process is whom all selectors say', () => {
  for (const [selectors, isIt] of ROWS)
    assert.equal(identitiesOf([entry(selectors)], FACTS).length, isIt ? 1 : 0, JSON.stringify(selectors))
  const both = [
    entry({ uid: 1000 }),
    entry({ service: 'cart' }),
    entry({ uid: 1000 }, 'spiffe://shop.example/b'),
  ]
  assert.deepEqual(identitiesOf(both, FACTS).map(formatSpiffeId), [
    'spiffe://shop.example/cart',
    'spiffe://shop.example/b',
  ])
})

test('a registration for everybody, or for nobody, is refused', () => {
  checkRegistrations([entry({ uid: 0 })])
  assert.throws(() => checkRegistrations([entry({})]), { code: 'argument', message: /selects nothing/ })
  assert.throws(() => checkRegistrations([entry({ unit: '' })]), { message: /an empty unit/ })
  assert.throws(() => checkRegistrations([entry({ pid: 7 } as Selector)]), {
    message: /pid, which is no fact/,
  })
  assert.throws(() => checkRegistrations([entry({ uid: 0 }, 'spiffe://shop.example')]), {
    message: /no workload/,
  })
  const many = Array.from({ length: 10_001 }, () => entry({ uid: 0 }))
  assert.throws(() => checkRegistrations(many), { code: 'too-large' })
})
