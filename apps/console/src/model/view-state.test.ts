import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  BAR_SECONDS,
  DEFAULT_VIEW,
  FLAME_VIEWS,
  FLOW_ROWS,
  formatViewState,
  LEVELS,
  onPage,
  PAGES,
  parseViewState,
  type ViewState,
} from './view-state.ts'

function reread(view: ViewState): ViewState {
  const url = new URL(formatViewState(view), 'http://localhost')
  return parseViewState(url.pathname, url.search)
}

test('the default view has the shortest address', () => {
  assert.equal(formatViewState(DEFAULT_VIEW), '/map')
  assert.deepEqual(parseViewState('/', ''), DEFAULT_VIEW)
})

test('an address is readable', () => {
  const view: ViewState = {
    ...DEFAULT_VIEW,
    page: 'flows',
    query: 'from:shop not:port:53',
    time: {
      kind: 'range',
      startMs: Date.parse('2026-03-01T12:00:00Z'),
      endMs: Date.parse('2026-03-01T12:05:00Z'),
    },
    apartSeconds: 3600,
    selection: 'edge:svc:web>svc:db>tcp>5432',
  }
  assert.equal(
    formatViewState(view),
    '/flows?q=from:shop+not:port:53&t=2026-03-01T12:00:00Z/2026-03-01T12:05:00Z&b=1h&sel=edge:svc:web>svc:db>tcp>5432',
  )
})

test('every view comes back from its address as it was', () => {
  const time = fc.oneof(
    fc.record(
      { kind: fc.constant('live' as const), windowSeconds: fc.integer({ min: 1, max: 86_400 }) },
      { noNullPrototype: true },
    ),
    fc
      .tuple(fc.integer({ min: 1, max: 2e9 }), fc.integer({ min: 1, max: 86_400 }))
      .map(([start, length]) => ({
        kind: 'range' as const,
        startMs: start * 1000,
        endMs: (start + length) * 1000,
      })),
  )
  const views = fc.record(
    {
      page: fc.constantFrom(...PAGES.map(({ id }) => id)),
      query: fc
        .string({ unit: 'grapheme', maxLength: 60 })
        .filter((text) => text.isWellFormed() && text.length <= 1024),
      time,
      apartSeconds: fc.integer({ min: 0, max: 86_400 }),
      barSeconds: fc.constantFrom(...BAR_SECONDS),
      level: fc.constantFrom(...LEVELS),
      selection: fc.string({ maxLength: 60 }),
      item: fc.string({ maxLength: 60 }),
      find: fc.string({ maxLength: 60 }),
      flame: fc.constantFrom(...FLAME_VIEWS.map(({ id }) => id)),
      rows: fc.constantFrom(...FLOW_ROWS.map(({ id }) => id)),
      sort: fc.string({ maxLength: 60 }),
      kinds: fc.constantFrom<ViewState['kinds'][number][]>(
        [],
        ['program'],
        ['program', 'runtime'],
        ['gc', 'runtime'],
      ),
      table: fc.boolean(),
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(views, (view) => assert.deepEqual(reread(view), view)),
    { seed: 3, numRuns: 300 },
  )
})

test('a hostile address gives a view all the same', () => {
  fc.assert(
    fc.property(fc.webPath(), fc.string({ maxLength: 200 }), (path, search) => {
      const view = parseViewState(path, `?${search}`)
      assert.deepEqual(reread(view), view)
    }),
    { seed: 4, numRuns: 300 },
  )
})

test('a service or process stays selected from page to page, and all else stays where it was', () => {
  const check = (selection: string, page: ViewState['page'], expected: Partial<ViewState>) =>
    assert.deepEqual(onPage({ ...DEFAULT_VIEW, selection, item: 'main.main', query: 'a' }, page), {
      ...DEFAULT_VIEW,
      page,
      query: 'a',
      ...expected,
    })
  check('svc:cart', 'profiles', { selection: 'svc:cart' })
  check('svc:cart', 'flows', {})
  check('edge:svc:a>svc:b>tcp>1', 'service', {})
  check('host:web-1', 'profiles', {})
  const onService: ViewState = { ...DEFAULT_VIEW, page: 'service', selection: 'proc:web-1/7@1' }
  assert.deepEqual(onPage(onService, 'map'), { ...onService, page: 'map', level: 'process' })
  assert.equal(onPage(onService, 'service'), onService)
})

test('all kinds of samples are none in particular', () => {
  assert.deepEqual(parseViewState('/profiles', '?kinds=gc,program,runtime').kinds, [])
  assert.deepEqual(parseViewState('/profiles', '?kinds=gc,x,program,gc').kinds, ['program', 'gc'])
})

test('what is asked of filters is not asked of anything else', () => {
  const asked = { ...DEFAULT_VIEW, query: 'from:shop' }
  assert.equal(onPage(asked, 'flows').query, 'from:shop')
  assert.equal(onPage(asked, 'filters').query, '')
  const filters = { ...DEFAULT_VIEW, page: 'filters' as const, query: 'state:off', selection: 'filter:auth' }
  assert.deepEqual([onPage(filters, 'map').query, onPage(filters, 'map').selection], ['', ''])
  assert.deepEqual(reread(filters), filters)
})
