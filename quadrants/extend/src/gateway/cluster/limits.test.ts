import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { addressesOf, clusterWorld } from '../testing/cluster-world.ts'
import { routeSpecOf } from '../testing/gateway-spec.ts'
import { hashRequest } from './request-hash.ts'
import type { RetriedRequest } from './retry-state.ts'
import { TokenBucket } from './token-bucket.ts'
import type { TryOutcome } from './try-outcome.ts'

test('circuit breakers refuse what is over, and count it', () => {
  const { cluster, endpoint } = clusterWorld(
    'endpoints: [], circuit_breakers: { connections: 1, pending: 2, requests: 2 }',
    addressesOf(['a', 'b']),
  )
  assert.deepEqual(
    [cluster.admit(), cluster.admit(), cluster.admit()],
    [undefined, undefined, 'requests-max'],
  )
  cluster.release()
  assert.equal(cluster.admit(), undefined)
  assert.deepEqual(
    [cluster.pendingBegin(), cluster.pendingBegin(), cluster.pendingBegin()],
    [true, true, false],
  )
  cluster.pendingEnd()
  assert.ok(cluster.pendingBegin())
  const [a, b] = [endpoint('a'), endpoint('b')]
  assert.deepEqual(
    [
      cluster.connectionBegin(a),
      cluster.connectionBegin(a),
      cluster.connectionBegin(b),
      cluster.connectionBegin(b),
    ],
    [true, false, true, false],
    'one to each endpoint is always allowed',
  )
  cluster.connectionEnd(a)
  assert.ok(cluster.connectionBegin(a))
  const { stats } = cluster
  assert.deepEqual(
    [stats.droppedRequestsMax, stats.droppedPendingMax, stats.droppedConnectionsMax],
    [1, 1, 2],
  )
  assert.deepEqual([stats.requestsActive, stats.pendingActive, stats.connectionsActive], [2, 2, 2])
})

test('tokens come at the end of each interval, up to the burst', () => {
  const bucket = new TokenBucket({ burst: 3, perInterval: 2, intervalMs: 100 }, 0)
  const taken = [0, 0, 0, 0, 99, 100, 100, 100, 1000, 1000, 1000, 1000].map((nowMs) => bucket.take(nowMs))
  assert.deepEqual(taken, [true, true, true, false, false, true, true, false, true, true, true, false])
  assert.equal(bucket.refusedCount, 4)
  assert.equal(bucket.take(999), false, 'a clock that goes back gives nothing')
})

test('the rate limit of a cluster refuses, and counts it', () => {
  const { cluster, advance } = clusterWorld(
    'endpoints: [], rate_limit: { requests: 1, per: 1s }',
    addressesOf(['a']),
  )
  assert.deepEqual([cluster.admit(), cluster.admit()], [undefined, 'rate-limit'])
  advance(1000)
  assert.equal(cluster.admit(), undefined)
  assert.equal(cluster.stats.droppedRateLimit, 1)
})

const OUTCOMES: Readonly<Record<string, TryOutcome>> = {
  200: { kind: 'response', status: 200 },
  409: { kind: 'response', status: 409 },
  429: { kind: 'response', status: 429 },
  500: { kind: 'response', status: 500 },
  503: { kind: 'response', status: 503 },
  connect: { kind: 'connect-failure' },
  slow: { kind: 'connect-timeout' },
  refused: { kind: 'refused' },
  reset: { kind: 'reset', hasBegun: false },
  try: { kind: 'try-timeout' },
  timeout: { kind: 'timeout' },
  cancelled: { kind: 'cancelled' },
}

const RETRIED: readonly (readonly [retry: string, retried: string])[] = [
  ['on: [5xx]', '500 503 connect slow refused reset try'],
  ['on: [gateway-error]', '503 try'],
  ['on: [connect-failure]', 'connect slow'],
  ['on: [reset]', 'connect slow refused reset try'],
  ['on: [refused-stream]', 'refused'],
  ['on: [retriable-4xx]', '409'],
  ['on: [retriable-status-codes], statuses: [429, 500]', '429 500'],
  ['{}', '503 connect slow refused try'],
]
const GET: RetriedRequest = { method: 'GET', isReplayable: true, isUnanswered: true }

function retriesOf(retry: string, cluster = 'endpoints: []') {
  const world = clusterWorld(cluster, addressesOf(['a']))
  const { action } = routeSpecOf(
    `match: { prefix: / }, forward: { cluster: a, retry: ${retry === '{}' ? retry : `{ ${retry} }`} }`,
  )
  assert.ok(action.kind === 'forward')
  const policy = action.retry
  return { stats: world.cluster.stats, cluster: world.cluster, start: () => world.cluster.retries(policy) }
}

for (const [retry, retried] of RETRIED)
  test(`{ ${retry} } tries again after ${retried}`, () => {
    const { start } = retriesOf(retry)
    const found = Object.keys(OUTCOMES).filter((name) => {
      const retries = start()
      const decision = retries.decide(OUTCOMES[name]!, GET)
      retries.end(false)
      if (decision.kind === 'final') assert.equal(decision.reason, 'not-wanted')
      return decision.kind === 'again'
    })
    assert.equal(found.join(' '), retried)
  })

const REFUSALS: readonly (readonly [
  retry: string,
  outcome: string,
  request: Partial<RetriedRequest>,
  decision: string,
])[] = [
  ['on: [5xx]', '500', { method: 'POST' }, 'not-idempotent'],
  ['on: [5xx], non_idempotent: true', '500', { method: 'POST' }, 'again'],
  ['on: [5xx]', 'connect', { method: 'POST' }, 'again'],
  ['on: [5xx]', 'refused', { method: 'PATCH' }, 'again'],
  ['on: [5xx]', 'reset', { method: 'PUT' }, 'again'],
  ['on: [5xx]', '500', { isReplayable: false }, 'not-replayable'],
  ['on: [5xx]', 'reset', { isUnanswered: false }, 'answered'],
  ['on: [5xx], retries: 0', '500', {}, 'limit'],
]

for (const [retry, outcome, request, expected] of REFUSALS)
  test(`{ ${retry} } after ${outcome} of ${JSON.stringify(request)}: ${expected}`, () => {
    const decision = retriesOf(retry)
      .start()
      .decide(OUTCOMES[outcome]!, { ...GET, ...request })
    assert.equal(decision.kind === 'again' ? 'again' : decision.reason, expected)
  })

test('a route without a policy is never tried again', () => {
  const { cluster } = clusterWorld('endpoints: []', addressesOf(['a']))
  assert.deepEqual(cluster.retries(undefined).decide(OUTCOMES['reset']!, GET), {
    kind: 'final',
    reason: 'not-wanted',
  })
})

test('tries are counted, and their waits grow up to the maximum', () => {
  const { start, stats } = retriesOf('on: [5xx], retries: 5, backoff: { base: 100ms, max: 350ms }')
  const longest = [0, 0, 0, 0, 0]
  for (let exchange = 0; exchange < 300; exchange++) {
    const retries = start()
    for (let index = 0; index < 5; index++) {
      const decision = retries.decide(OUTCOMES['500']!, GET)
      assert.ok(decision.kind === 'again' && decision.delayMs >= 0)
      longest[index] = Math.max(longest[index]!, decision.delayMs)
      assert.equal(stats.retriesActive, 1)
    }
    assert.deepEqual(retries.decide(OUTCOMES['500']!, GET), { kind: 'final', reason: 'limit' })
    assert.equal(retries.attemptCount, 6)
    retries.end(exchange === 0)
  }
  for (const [index, limit] of [100, 200, 350, 350, 350].entries())
    assert.ok(longest[index]! < limit && longest[index]! > limit * 0.9, `${longest[index]} of ${limit}`)
  assert.deepEqual(
    [stats.retries, stats.retriesActive, stats.retrySuccesses, stats.retriesOverLimit],
    [1500, 0, 1, 300],
  )
})

test('retries under way are a share of requests under way, but some always', () => {
  const { start, stats, cluster } = retriesOf(
    'on: [5xx]',
    'endpoints: [], circuit_breakers: { retries: { percent: 50, min: 1, max: 3 } }',
  )
  const again = () => start().decide(OUTCOMES['500']!, GET).kind === 'again'
  assert.deepEqual([again(), again()], [true, false], 'one always')
  for (let count = 0; count < 4; count++) cluster.admit()
  assert.deepEqual([again(), again()], [true, false], 'half of four')
  for (let count = 0; count < 100; count++) cluster.admit()
  assert.deepEqual([again(), again()], [true, false], 'never more than three')
  assert.equal(stats.retriesOverBudget, 3)
})

test('what the upstream asks to wait is waited, if it is not too long', () => {
  const decide = (retryAfter: string, retry = 'on: [5xx], backoff: { max: 3s }') =>
    retriesOf(retry).start().decide({ kind: 'response', status: 503, retryAfter }, GET)
  assert.deepEqual(decide('2'), { kind: 'again', delayMs: 2000 })
  assert.deepEqual(decide('4'), { kind: 'final', reason: 'not-wanted' })
  assert.equal(decide('Fri, 31 Dec 1999 23:59:59 GMT').kind, 'again')
  assert.equal(decide('4', 'on: [5xx], retry_after: false').kind, 'again')
})

const HASHES: readonly (readonly [
  policy: string,
  fields: readonly (readonly [string, string])[],
  hashed: boolean,
])[] = [
  ['{ header: x-user }', [['x-user', 'joe']], true],
  ['{ header: x-user }', [], false],
  ['{ query: id }', [[':path', '/?id=5']], true],
  ['{ query: id }', [[':path', '/?idx=5']], false],
  ['{ cookie: { name: sid } }', [['cookie', 'a=b; sid=5']], true],
  [
    '{ cookie: { name: sid } }',
    [
      ['cookie', 'a=b'],
      ['cookie', 'sid=5'],
    ],
    true,
  ],
  ['{ cookie: { name: sid } }', [['cookie', 'xsid=5']], false],
  ['{ source_address: true }', [], true],
]

function hashOf(
  policies: string,
  fields: readonly (readonly [string, string])[],
  clientAddress = '10.0.0.1',
) {
  const { action } = routeSpecOf(`match: { prefix: / }, forward: { cluster: a, hash: [${policies}] }`)
  assert.ok(action.kind === 'forward')
  return hashRequest(action.hashPolicy, HeaderMap.of(fields), { clientAddress, newCookie: () => 'new' })
}

for (const [policy, fields, hashed] of HASHES)
  test(`${policy} of ${JSON.stringify(fields)} is ${hashed ? 'a hash' : 'nothing'}`, () => {
    const { hash, setCookie } = hashOf(policy, fields)
    assert.equal(hash !== undefined, hashed)
    assert.equal(setCookie, undefined)
    assert.equal(hashOf(policy, fields).hash, hash)
  })

test('policies are combined until one is terminal', () => {
  const user = ['x-user', 'joe'] as const
  const both = hashOf('{ header: x-user }, { source_address: true }', [user])
  assert.notEqual(both.hash, hashOf('{ header: x-user }', [user]).hash)
  assert.notEqual(both.hash, hashOf('{ header: x-user }, { source_address: true }', [user], '10.0.0.2').hash)
  assert.equal(
    hashOf('{ header: x-user, terminal: true }, { source_address: true }', [user]).hash,
    hashOf('{ header: x-user }', [user]).hash,
  )
})

test('a cookie is made where the policy wants one', () => {
  const made = hashOf('{ cookie: { name: sid, ttl: 90s, path: /shop } }', [])
  assert.equal(made.setCookie, 'sid="new"; Max-Age=90; Path=/shop; HttpOnly')
  assert.equal(made.hash, hashOf('{ cookie: { name: sid } }', [['cookie', 'sid="new"']]).hash)
  assert.equal(hashOf('{ cookie: { name: sid, ttl: 0 } }', []).setCookie, 'sid="new"; Path=/; HttpOnly')
})
