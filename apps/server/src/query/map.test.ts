import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAP_FIELDS, parseFieldQuery } from '@quadrant/core'
import { Level } from '@quadrant/proto'
import { emptyTotals, type Totals } from '../store/rollup.ts'
import type { EdgeSum, EndpointRef } from '../store/store.ts'
import { groupEdges } from './map.ts'

let nextId = 1
const processRef = (pid: number, service: string, host = 'alpha'): EndpointRef => ({
  kind: 'process',
  process: { id: pid, host, key: `${pid}@1`, pid, comm: service, service },
})
const address = (text: string): EndpointRef => ({ kind: 'address', address: text })
function edge(
  client: EndpointRef,
  server: EndpointRef,
  serverPort: number,
  totals: Partial<Totals> = {},
): EdgeSum {
  return {
    edge: { id: nextId++, client, server, protocol: 6, serverPort },
    totals: { ...emptyTotals(), opened: 1, bytesToServer: 100, ...totals },
  }
}

const SUMS: readonly EdgeSum[] = [
  edge(processRef(1, 'web'), processRef(3, 'db'), 5432, { active: 2 }),
  edge(processRef(2, 'web'), processRef(3, 'db'), 5432, { active: 3, failed: 1 }),
  edge(processRef(1, 'web'), processRef(1, 'web'), 8080),
  edge(address('10.0.0.7'), processRef(1, 'web'), 443, { reset: 1, bytesToClient: 5000 }),
  edge(processRef(3, 'db'), address('2001:db8::1'), 53, { retransmits: 5, segmentsToServer: 100 }),
  edge(processRef(4, 'job', 'beta'), { kind: 'other', reason: 'edge-limit' }, 0),
  edge({ kind: 'ended', host: 'beta', service: 'job' }, processRef(3, 'db'), 5432),
]

const levels: [level: Level, ids: string[]][] = [
  [
    Level.SERVICE,
    [
      'svc:web>svc:db>tcp>5432',
      'svc:web>svc:web>tcp>8080',
      'addr:10.0.0.7>svc:web>tcp>443',
      'svc:db>addr:2001:db8::1>tcp>53',
      'svc:job>other:edge-limit>tcp>0',
      'svc:job>svc:db>tcp>5432',
    ],
  ],
  [
    Level.PROCESS,
    [
      'proc:alpha/1@1>proc:alpha/3@1>tcp>5432',
      'proc:alpha/2@1>proc:alpha/3@1>tcp>5432',
      'proc:alpha/1@1>proc:alpha/1@1>tcp>8080',
      'addr:10.0.0.7>proc:alpha/1@1>tcp>443',
      'proc:alpha/3@1>addr:2001:db8::1>tcp>53',
      'proc:beta/4@1>other:edge-limit>tcp>0',
      'other:ended/job>proc:alpha/3@1>tcp>5432',
    ],
  ],
  [
    Level.HOST,
    [
      'host:alpha>host:alpha>tcp>5432',
      'host:alpha>host:alpha>tcp>8080',
      'addr:10.0.0.7>host:alpha>tcp>443',
      'host:alpha>addr:2001:db8::1>tcp>53',
      'host:beta>other:edge-limit>tcp>0',
      'host:beta>host:alpha>tcp>5432',
    ],
  ],
]
for (const [level, ids] of levels)
  test(`level ${level}`, () => {
    const edges = groupEdges(SUMS, { level, query: { terms: [] } })
    assert.deepEqual(
      edges.map(({ id }) => id),
      ids,
    )
    assert.equal(
      edges.reduce((sum, { totals }) => sum + totals.opened, 0),
      SUMS.length,
    )
  })

test('edges of one name are added up, their open connections too, and the worst is the health', () => {
  const [first] = groupEdges(SUMS, { level: Level.SERVICE, query: { terms: [] } })
  assert.deepEqual([first!.totals.active, first!.totals.opened, first!.health], [5, 2, 'failures'])
  assert.deepEqual(first!.members.length, 2)
})

const queries: [query: string, ports: number[]][] = [
  ['', [5432, 8080, 443, 53, 0, 5432]],
  ['from:web', [5432, 8080]],
  ['to:web', [8080, 443]],
  ['svc:job', [0, 5432]],
  ['from:web to:db', [5432]],
  ['not:svc:db', [8080, 443, 0]],
  ['port:443,53', [443, 53]],
  ['ip:10.0.0.*', [443]],
  ['ip:2001:db8::1', [53]],
  ['host:beta', [0, 5432]],
  ['status:failures', [5432]],
  ['status:resets,retransmits', [443, 53]],
  ['status:ok', [8080, 0, 5432]],
  ['bytes:>1000', [443]],
  ['not:status:ok from:web', [5432]],
  ['proto:udp', []],
  ['from:svc:web', [5432, 8080]],
  ['from:proc:alpha/2@1', [5432]],
  ['10.0.0.7', [443]],
]
for (const [text, ports] of queries)
  test(`query: ${text || '(none)'}`, () => {
    const { value: query, diagnostics } = parseFieldQuery(text, MAP_FIELDS)
    assert.deepEqual(diagnostics, [])
    assert.deepEqual(
      groupEdges(SUMS, { level: Level.SERVICE, query }).map(({ ref }) => ref.serverPort),
      ports,
    )
  })

test('around a service the 50 busiest addresses are told apart, the others are one node that says how many', () => {
  const clients = Array.from({ length: 130 }, (_, i) =>
    edge(address(`10.1.0.${i}`), processRef(1, 'web'), 443, { bytesToServer: i }),
  )
  const edges = groupEdges([...clients, ...SUMS], { level: Level.SERVICE, query: { terms: [] } })
  const around = edges.filter(({ server, ref }) => server.id === 'svc:web' && ref.serverPort === 443)
  assert.equal(around.length, 51)
  const other = around.find(({ client }) => client.kind === 'other')!
  assert.deepEqual([other.client.id, other.client.label], ['other:addresses/web', '81 other addresses'])
  assert.equal(other.members.length, 81)
  assert.ok(around.every(({ client, totals }) => client === other.client || totals.bytesToServer >= 81))
  assert.equal(
    around.reduce((sum, { totals }) => sum + totals.opened, 0),
    131,
  )
  const apart = groupEdges(clients, { level: Level.SERVICE, query: { terms: [] } }, { unfolded: true })
  assert.equal(apart.length, clients.length)
  // Filters see the addresses that are folded.
  const { value: query } = parseFieldQuery('ip:10.1.0.3', MAP_FIELDS)
  assert.deepEqual(
    groupEdges(clients, { level: Level.SERVICE, query }).map(({ id }) => id),
    ['addr:10.1.0.3>svc:web>tcp>443'],
  )
})

test('at every level an end is found by the name that the map shows', () => {
  for (const level of [Level.SERVICE, Level.PROCESS]) {
    const labels = new Set(
      groupEdges(SUMS, { level, query: { terms: [] } })
        .flatMap(({ client, server }) => [client, server])
        .filter(({ kind }) => kind !== 'other')
        .map(({ label }) => label),
    )
    assert.ok(level !== Level.PROCESS || labels.has('web 1'))
    for (const label of labels) {
      const { value: query } = parseFieldQuery(`svc:"${label}"`, MAP_FIELDS)
      assert.notEqual(groupEdges(SUMS, { level, query }).length, 0, label)
    }
  }
  const { value: query } = parseFieldQuery('from:host:beta', MAP_FIELDS)
  assert.equal(groupEdges(SUMS, { level: Level.HOST, query }).length, 2)
})
