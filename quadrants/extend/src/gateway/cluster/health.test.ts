import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressesOf, clusterWorld, type ClusterWorld } from '../testing/cluster-world.ts'
import type { TryOutcome } from './try-outcome.ts'

const CHECKED =
  'endpoints: [], health_checks: [{ tcp:, interval: 10s, jitter: 0, unhealthy_threshold: 3, healthy_threshold: 2 }]'

/** `+` is a success of a's check, `-` a failure; the result is its health after each. */
const HEALTH: readonly (readonly [results: string, health: string])[] = [
  ['+', 'h'],
  ['-', 'u'],
  ['-+', 'uu'],
  ['-++', 'uuh'],
  ['-+-+', 'uuuu'],
  ['+--', 'hhh'],
  ['+---', 'hhhu'],
  ['+--+---++', 'hhhhhhuuh'],
]

for (const [results, health] of HEALTH)
  test(`checks ${results} make ${health}`, () => {
    const { cluster, endpoint, advance } = clusterWorld(CHECKED, addressesOf(['a']))
    let seen = ''
    for (const result of results) {
      const { due } = cluster.healthChecksDue()
      assert.equal(due.length, 1)
      cluster.healthCheckResult(due[0]!, result === '+')
      seen += endpoint('a').isHealthy ? 'h' : 'u'
      advance(10_000)
    }
    assert.equal(seen, health)
    assert.equal(cluster.stats.healthChecks, results.length)
    assert.equal(cluster.stats.healthCheckFailures, results.replaceAll('+', '').length)
  })

test('a check is due once, and again when its interval is over', () => {
  const { cluster, advance } = clusterWorld(CHECKED, addressesOf(['a', 'b']))
  const first = cluster.healthChecksDue()
  assert.equal(first.due.length, 2)
  assert.deepEqual(cluster.healthChecksDue(), { due: [], nextMs: Infinity })
  cluster.healthCheckResult(first.due[0]!, true)
  assert.deepEqual(cluster.healthChecksDue(), { due: [], nextMs: 10_000 })
  advance(9999)
  assert.equal(cluster.healthChecksDue().nextMs, 1)
  advance(1)
  assert.equal(cluster.healthChecksDue().due.length, 1)
  cluster.setEndpoints([])
  cluster.healthCheckResult(first.due[1]!, true)
  assert.equal(cluster.stats.healthChecks, 1, 'nobody hears of an endpoint that is gone')
})

test('jitter is added, and a cluster that nobody asks is checked less often', () => {
  const world = clusterWorld(
    'endpoints: [], health_checks: [{ tcp:, interval: 1s, idle_interval: 60s, jitter: 500ms }]',
    addressesOf(['a']),
  )
  const wait = () => {
    world.cluster.healthCheckResult(world.cluster.healthChecksDue().due[0]!, true)
    const { nextMs } = world.cluster.healthChecksDue()
    world.advance(nextMs)
    return nextMs
  }
  const idle = wait()
  assert.ok(idle >= 60_000 && idle < 60_500, `${idle}`)
  world.exchange()
  const waits = Array.from({ length: 20 }, wait)
  assert.ok(waits.every((ms) => ms >= 1000 && ms < 1500))
  assert.ok(new Set(waits).size > 10)
})

test('all checks of an endpoint have to succeed', () => {
  const { cluster, endpoint } = clusterWorld(
    'endpoints: [], health_checks: [{ tcp: }, { http: }]',
    addressesOf(['a']),
  )
  const [tcp, http] = cluster.healthChecksDue().due
  cluster.healthCheckResult(tcp!, true)
  assert.ok(!endpoint('a').isHealthy)
  cluster.healthCheckResult(http!, true)
  assert.ok(endpoint('a').isHealthy)
})

const OUTLIERS =
  'endpoints: [], outlier_detection: { consecutive_5xx: 3, consecutive_gateway_failures: 2, consecutive_local_failures: 2, ' +
  'interval: 10s, base_ejection: 30s, max_ejection: 80s, max_ejected_percent: 50 }'
const FAILURES: Readonly<Record<string, TryOutcome>> = {
  0: { kind: 'response', status: 200 },
  4: { kind: 'response', status: 404 },
  5: { kind: 'response', status: 500 },
  3: { kind: 'response', status: 503 },
  c: { kind: 'connect-failure' },
  t: { kind: 'try-timeout' },
  r: { kind: 'reset', hasBegun: false },
  x: { kind: 'cancelled' },
  f: { kind: 'refused' },
}

function fail(world: ClusterWorld, ip: string, outcomes: string): string {
  let ejectedAt = ''
  for (const [index, letter] of [...outcomes].entries()) {
    const endpoint = world.endpoint(ip)
    world.cluster.begin(endpoint)
    world.cluster.finish(endpoint, FAILURES[letter]!)
    if (endpoint.isEjected && ejectedAt === '') ejectedAt = String(index + 1)
  }
  return ejectedAt
}

const EJECTIONS: readonly (readonly [outcomes: string, after: string])[] = [
  ['555', '3'],
  ['55055', ''],
  ['55455', ''],
  ['33', '2'],
  ['353', '3'],
  ['cc', '2'],
  ['c0c', ''],
  ['tr', '2'],
  ['5c3', '3'],
  ['xxxx', ''],
  ['ffff', ''],
  ['5x5x5', '5'],
]

for (const [outcomes, after] of EJECTIONS)
  test(`${outcomes} ejects ${after === '' ? 'nobody' : `after ${after}`}`, () => {
    assert.equal(fail(clusterWorld(OUTLIERS, addressesOf(['a', 'b'])), 'a', outcomes), after)
  })

test('an endpoint is ejected for longer each time, and less when it has gone well', () => {
  const world = clusterWorld(OUTLIERS, addressesOf(['a', 'b']))
  const ejection = () => {
    assert.equal(fail(world, 'a', 'cc'), '2')
    let waitedMs = 0
    while (world.endpoint('a').isEjected) {
      world.advance(10_000)
      waitedMs += 10_000
      world.cluster.sweep()
    }
    return waitedMs
  }
  assert.deepEqual([ejection(), ejection(), ejection()], [30_000, 60_000, 80_000])
  for (let interval = 0; interval < 3; interval++) {
    world.advance(10_000)
    world.cluster.sweep()
  }
  assert.equal(ejection(), 30_000)
  assert.deepEqual(
    [
      world.cluster.stats.ejectionsLocalFailure,
      world.cluster.stats.endpointsEjected,
      world.endpoint('a').stats.ejections,
    ],
    [4, 0, 4],
  )
})

test('no more are ejected than may be, and what is over is counted', () => {
  const world = clusterWorld(OUTLIERS, addressesOf(['a', 'b', 'c', 'd']))
  for (const ip of ['a', 'b', 'c']) fail(world, ip, 'cc')
  assert.deepEqual([world.cluster.stats.endpointsEjected, world.cluster.stats.ejectionsOverflow], [2, 1])
  assert.deepEqual(new Set(Array.from({ length: 20 }, () => world.exchange())), new Set(['c', 'd']))
  const small = clusterWorld(OUTLIERS.replace('50', '1'), addressesOf(['a', 'b']))
  assert.equal(fail(small, 'a', 'cc'), '2', 'one always may be')
  const none = clusterWorld(OUTLIERS.replace('percent: 50', 'percent: 0'), addressesOf(['a', 'b']))
  assert.equal(fail(none, 'a', 'cc'), '')
})

test('when all are ejected, they are used rather than nobody', () => {
  const world = clusterWorld(OUTLIERS.replace('percent: 50', 'percent: 100'), addressesOf(['a', 'b']))
  fail(world, 'a', 'cc')
  fail(world, 'b', 'cc')
  assert.ok(world.exchange() !== undefined)
  assert.equal(world.cluster.stats.panics, 1)
})
