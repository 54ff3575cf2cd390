import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { GATEWAY_FILTER_FIELDS, parseFieldQuery } from '@quadrant/core'
import {
  FilterOrderKind,
  ListFiltersResponseSchema,
  ReleaseStage,
  type FilterState,
  type FilterStateSchema,
  type FilterUseSchema,
} from '@quadrant/proto'
import { countSum, filterSuggestions, findFilters, hexOf, STALE_MS, toFilterRows } from './filter-row.ts'
import { countWords, placeWords, shortDigest, threadWords } from './filter-words.ts'
import type { FilterStateId } from './filter-state.ts'

const NOW_MS = 1_800_000_000_000
const MODULE = new Uint8Array(32).fill(0xab)

type StateInit = Pick<
  Exclude<MessageInitShape<typeof FilterStateSchema>, FilterState>,
  'status' | 'order' | 'reading'
>

const SERVING: StateInit = {
  status: { stage: ReleaseStage.SERVING, version: 2n, servingVersion: 2n, servingSha256: MODULE },
}

function reading(use: MessageInitShape<typeof FilterUseSchema>, rates = {}, ageMs = 1000): StateInit {
  return { reading: { use, receivedNs: (NOW_MS - ageMs) * 1e6, ...rates } }
}

interface MadePlace {
  readonly state?: StateInit
  readonly connected?: boolean
}

/** One filter, offered in version 2, on as many gateways as are given. */
function rowOf(places: readonly MadePlace[], init: { readonly isOffered?: boolean } = {}) {
  const list = create(ListFiltersResponseSchema, {
    filters: [
      {
        name: 'auth',
        newestVersion: 2n,
        ...(init.isOffered !== false && {
          offered: {
            release: { name: 'auth', version: 2n, moduleSha256: MODULE, abi: '0.2.1' },
            keyIds: [`sha256:${'9'.repeat(64)}`],
          },
        }),
        order: { kind: FilterOrderKind.OFF },
        orderSequence: 3n,
        states: places.flatMap(({ state }, i) => (state ? [{ ...state, nodeId: `edge-${i + 1}` }] : [])),
      },
    ],
    gateways: places.map(({ connected = true }, i) => ({
      nodeId: `edge-${i + 1}`,
      host: 'alpha',
      connected,
      filters: ['auth'],
    })),
  })
  return toFilterRows(list, NOW_MS)[0]!
}

const told = (stage: ReleaseStage, code = ''): StateInit => ({ status: { stage, version: 2n, code } })
const threads = (name: string): StateInit => ({ ...SERVING, ...reading({ threads: [{ name, count: 1 }] }) })

const STATES: readonly (readonly [what: string, place: MadePlace, state: FilterStateId])[] = [
  ['it serves', { state: SERVING }, 'serving'],
  ['its gateway is away, whatever it told', { state: SERVING, connected: false }, 'away'],
  ['its gateway has told nothing', {}, 'waiting'],
  ['its module comes', { state: told(ReleaseStage.VERIFIED) }, 'arriving'],
  ['it is warmed', { state: told(ReleaseStage.WARMED) }, 'arriving'],
  ['a key is not trusted', { state: told(ReleaseStage.REFUSED, 'untrusted-key') }, 'refused'],
  ['it did not start', { state: told(ReleaseStage.ROLLED_BACK, 'not-started') }, 'rolled-back'],
  ['it is switched off', { state: { ...SERVING, order: { off: true, followed: true } } }, 'off'],
  ['a thread has no instance', { state: threads('restarting') }, 'restarting'],
  ['all threads have one', { state: threads('serving') }, 'serving'],
]
for (const [what, place, state] of STATES)
  test(`${what}: ${state}`, () => {
    const row = rowOf([place])
    assert.equal(row.places[0]!.state, state)
    assert.equal(row.state, state)
  })

test('as a whole a filter is as on the gateway where it is worst, of those that are there', () => {
  const state = (...places: MadePlace[]) => rowOf(places).state
  assert.equal(state({ state: SERVING }, { state: told(ReleaseStage.REFUSED) }), 'refused')
  assert.equal(state({ state: SERVING }, { connected: false }), 'serving')
  assert.equal(state({ connected: false }, { connected: false }), 'away')
  assert.equal(state(), 'waiting')
  assert.equal(rowOf([{ state: SERVING }], { isOffered: false }).state, 'kept')
})

test('a gateway that is away, off, or behind does not serve', () => {
  const old: StateInit = { status: { stage: ReleaseStage.REFUSED, version: 2n, servingVersion: 1n } }
  const off: StateInit = { ...SERVING, order: { off: true } }
  const row = rowOf([
    { state: SERVING },
    { state: old },
    { state: off },
    { state: SERVING, connected: false },
  ])
  assert.deepEqual([row.servingCount, row.places.length], [1, 4])
})

test('rates and memory add up, times are of the slowest, and what is stale counts for neither', () => {
  const use = { memoryBytes: 100, callP50Ns: 10, callP99Ns: 50, crashes: [{ name: 'trap', count: 2 }] }
  const rates = { streamsPerSecond: 5, callsPerSecond: 20 }
  const slow = { ...use, callP99Ns: 900, crashes: [{ name: 'fuel', count: 4 }] }
  const stale = reading({ ...use, callP99Ns: 1e9 }, rates, STALE_MS + 1)
  const row = rowOf([
    { state: { ...SERVING, ...reading(use, rates) } },
    { state: { ...SERVING, ...reading(slow, { streamsPerSecond: 1 }) } },
    { state: { ...SERVING, ...stale } },
    { state: { ...SERVING, ...reading(use, rates) }, connected: false },
  ])
  assert.deepEqual(
    [row.streamsPerSecond, row.callsPerSecond, row.memoryBytes, row.callP50Ns, row.callP99Ns],
    [6, 20, 200, 10, 900],
  )
  assert.deepEqual(
    row.places.map(({ isStale }) => isStale),
    [false, false, true, true],
  )
  // What crashed has crashed, however long ago that was told.
  assert.deepEqual(
    row.crashes.map(({ name, count }) => [name, count]),
    [
      ['trap', 6],
      ['fuel', 4],
    ],
  )
})

test('what nobody tells is not known', () => {
  const row = rowOf([{ state: SERVING }])
  assert.deepEqual([row.streamsPerSecond, row.memoryBytes, row.callP99Ns], [undefined, undefined, undefined])
  // Nothing was timed.
  const silent = rowOf([{ state: { ...SERVING, ...reading({ callP99Ns: 0 }) } }])
  assert.equal(silent.callP99Ns, undefined)
})

test('who does not follow the order in force says why; an older order does not count', () => {
  const refused = { followed: false, code: 'unsigned', reason: 'signed orders only' }
  const disobeys = (sequence: bigint) =>
    rowOf([{ state: { ...SERVING, order: { ...refused, sequence } } }]).places[0]!.disobeys
  assert.equal(disobeys(3n), 'unsigned: signed orders only')
  assert.equal(disobeys(2n), '')
})

test('a gateway says how far it is, in words', () => {
  const words = (place: MadePlace) => placeWords(rowOf([place]).places[0]!, NOW_MS)
  const at = (ageSeconds: number) => ({ timeNs: (NOW_MS - ageSeconds * 1000) * 1e6 })
  const refused = { stage: ReleaseStage.REFUSED, version: 2n, ...at(5) }
  assert.equal(words({}), 'told nothing yet')
  assert.equal(
    words({ state: { status: { ...SERVING.status, ...at(60) } } }),
    'version 2 serving, told 60 s ago',
  )
  assert.equal(words({ state: { status: refused } }), 'version 2 refused, told 5 s ago; nothing serves')
  assert.equal(
    words({ state: { status: { ...refused, servingVersion: 1n } } }),
    'version 2 refused, told 5 s ago; version 1 serves',
  )
  assert.equal(words({ state: { ...SERVING, order: { off: true } } }), 'version 2 is switched off')
  assert.match(
    words({ state: SERVING, connected: false }),
    /^last seen .*; version 2 serves, as far as is known$/,
  )
})

test('counts and threads are told in words', () => {
  const counts = (...list: readonly (readonly [string, number])[]) =>
    list.map(([name, count]) => ({ $typeName: 'quadrant.v1.NamedCount' as const, name, count }))
  assert.equal(
    countWords(counts(['trap', 3], ['fuel', 1], ['new', 1200])),
    '3 traps, 1 out of fuel, 1.20k new',
  )
  assert.equal(threadWords(counts(['serving', 1])), '1 thread serving')
  assert.equal(threadWords(counts(['restarting', 1], ['serving', 3])), 'of 4 threads 1 restarting, 3 serving')
  assert.equal(threadWords([]), '')
  assert.equal(shortDigest(`sha256:${'9'.repeat(64)}`), 'sha256:999999999999')
})

test('the filter query finds by what a row says', () => {
  const crashed = { crashes: [{ name: 'trap', count: 2 }], callP99Ns: 5e6 }
  const rows = [
    rowOf([
      { state: { ...SERVING, ...reading(crashed) } },
      { state: told(ReleaseStage.REFUSED, 'untrusted-key') },
    ]),
  ]
  const finds = (query: string) => {
    assert.deepEqual(parseFieldQuery(query, GATEWAY_FILTER_FIELDS).diagnostics, [])
    return findFilters(rows, query).length === 1
  }
  const found = ['', 'auth', 'edge-2', 'filter:au*', 'state:serving', 'state:refused', 'code:untrusted-*']
  for (const query of [...found, 'crashes:>1', 'slow:>4', `digest:sha256:${hexOf(MODULE)}`, 'key:sha256:9*'])
    assert.ok(finds(query), query)
  for (const query of ['other', 'state:off', '-gateway:edge-1', 'crashes:>2', 'slow:<4', 'limits:>0'])
    assert.ok(!finds(query), query)
  const { gateway, code } = filterSuggestions(rows)
  assert.deepEqual([gateway, code], [['edge-1', 'edge-2'], ['untrusted-key']])
  assert.equal(countSum(rows[0]!.crashes), 2)
})

test('a filter that gateways have from files serves where it is told of, and no order is about it', () => {
  const use = { moduleSha256: MODULE, fromFile: true, threads: [{ name: 'serving', count: 2 }] }
  const list = create(ListFiltersResponseSchema, {
    filters: [{ name: 'local', states: [{ nodeId: 'edge-1', reading: { use, receivedNs: NOW_MS * 1e6 } }] }],
    gateways: [
      { nodeId: 'edge-1', host: 'alpha', connected: true, filters: [] },
      { nodeId: 'edge-2', host: 'alpha', connected: true, filters: [] },
    ],
  })
  const row = toFilterRows(list, NOW_MS)[0]!
  assert.deepEqual(
    [row.state, row.servingCount, row.places.length, row.digest],
    ['serving', 1, 1, hexOf(MODULE)],
  )
  assert.match(placeWords(row.places[0]!, NOW_MS), /^from a file there, sha256:abababababab; /)
})
