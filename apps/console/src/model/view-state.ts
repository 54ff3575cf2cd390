import { SAMPLE_KINDS, type SampleKindId } from './sample-kinds.ts'
import {
  formatDurationSeconds,
  formatTimeSelection,
  LIVE,
  LIVE_WINDOW_SECONDS_DEFAULT,
  parseDurationSeconds,
  parseTimeSelection,
  type TimeSelection,
} from './time-range.ts'

export const LEVELS = ['service', 'process', 'host'] as const
export type LevelName = (typeof LEVELS)[number]

/** The pages that exist, in the order of the rail. `key` is pressed after `g`. */
export const PAGES = [
  { id: 'map', title: 'Map', key: 'm', about: 'Who talks to whom, how much and how well' },
  {
    id: 'service',
    title: 'Service',
    key: 's',
    about: 'What runs inside of a service, and what its runtime does',
  },
  { id: 'flows', title: 'Flows', key: 'f', about: 'Single connections as they open, fail and close' },
  { id: 'profiles', title: 'Profiles', key: 'p', about: 'Where processor time goes, by function' },
  {
    id: 'filters',
    title: 'Filters',
    key: 'w',
    about: 'Wasm filters on gateways: who serves which version, what they cost, where they fail',
  },
  { id: 'doctor', title: 'Doctor', key: 'd', about: 'What this host allows, and what Quadrant costs it' },
] as const
export type PageId = (typeof PAGES)[number]['id']

/** The four ways to look at a profile, in the order of their keys: 1 to 4. */
export const FLAME_VIEWS = [
  { id: 'time', title: 'Time order', about: 'Samples as they were taken, from left to right' },
  { id: 'left', title: 'Left heavy', about: 'All samples summed up, the heaviest at the left' },
  { id: 'sandwich', title: 'Sandwich', about: 'One function between its callers and its callees' },
  { id: 'diff', title: 'Diff', about: 'A against B: what takes more of the time, and what less' },
] as const
export type FlameViewId = (typeof FLAME_VIEWS)[number]['id']

/** What the table of Flows has as its rows, in the order of their keys: 1 and 2. */
export const FLOW_ROWS = [
  { id: 'connections', title: 'Connections', about: 'Sockets as they open, fail and close' },
  { id: 'requests', title: 'Requests', about: 'HTTP and gRPC requests that were captured in full' },
] as const
export type FlowRowsId = (typeof FLOW_ROWS)[number]['id']

/** Everything that one address shows: what is not in here is not shared by copying the address. */
export interface ViewState {
  readonly page: PageId
  /** Field query, as typed. */
  readonly query: string
  readonly time: TimeSelection
  /** How long before the start of `time` that starts which it is compared with, seconds; 0: with nothing. */
  readonly apartSeconds: number
  /** Length of the time bar, seconds. */
  readonly barSeconds: number
  readonly level: LevelName
  /** `edge:ID`, `flow:KEY`, `request:ID`, `filter:NAME`, `sampling` or a node's coordinate; empty for none. */
  readonly selection: string
  /** What is looked at inside of what is selected: a function's name, a collection `gc:START`; empty for none. */
  readonly item: string
  /** What is searched for among functions or modules, as typed. */
  readonly find: string
  readonly flame: FlameViewId
  readonly rows: FlowRowsId
  /** Order of the table of routes, as `formatRouteSort` writes it; empty for the usual one. */
  readonly sort: string
  /** Kinds of samples that count; empty for all. */
  readonly kinds: readonly SampleKindId[]
  /** The table twin in place of the picture. */
  readonly table: boolean
}

export const BAR_SECONDS = [300, 900, 3600, 6 * 3600, 86_400] as const
const BAR_SECONDS_DEFAULT = 900
const TEXT_LENGTH_MAX = 1024

export const DEFAULT_VIEW: ViewState = {
  page: 'map',
  query: '',
  time: LIVE,
  apartSeconds: 0,
  barSeconds: BAR_SECONDS_DEFAULT,
  level: 'service',
  selection: '',
  item: '',
  find: '',
  flame: 'left',
  rows: 'connections',
  sort: '',
  kinds: [],
  table: false,
}

/** Path and search of the address. What is as it is by default is left out, so that short addresses stay short. */
export function formatViewState(view: ViewState): string {
  const terms: string[] = []
  const put = (key: string, value: string, standard: string) => {
    if (value !== standard) terms.push(`${key}=${encodeValue(value)}`)
  }
  put('q', view.query, '')
  put('t', formatTimeSelection(view.time), formatDurationSeconds(LIVE_WINDOW_SECONDS_DEFAULT))
  put('b', formatDurationSeconds(view.apartSeconds), formatDurationSeconds(0))
  put('bar', formatDurationSeconds(view.barSeconds), formatDurationSeconds(BAR_SECONDS_DEFAULT))
  put('level', view.level, 'service')
  put('sel', view.selection, '')
  put('item', view.item, '')
  put('find', view.find, '')
  put('as', view.flame, DEFAULT_VIEW.flame)
  put('of', view.rows, DEFAULT_VIEW.rows)
  put('sort', view.sort, '')
  put('kinds', view.kinds.join(','), '')
  put('view', view.table ? 'table' : '', '')
  return `/${view.page}${terms.length > 0 ? `?${terms.join('&')}` : ''}`
}

/** Reads any address; what it cannot read is as it is by default. */
export function parseViewState(path: string, search: string): ViewState {
  const params = new URLSearchParams(search)
  const text = (key: string) => (params.get(key) ?? '').slice(0, TEXT_LENGTH_MAX)
  const barSeconds = parseDurationSeconds(text('bar'))
  return {
    page: PAGES.find(({ id }) => path === `/${id}`)?.id ?? DEFAULT_VIEW.page,
    query: text('q'),
    time: parseTimeSelection(text('t')) ?? DEFAULT_VIEW.time,
    apartSeconds: parseDurationSeconds(text('b')) ?? 0,
    barSeconds: BAR_SECONDS.find((seconds) => seconds === barSeconds) ?? BAR_SECONDS_DEFAULT,
    level: LEVELS.find((level) => level === text('level')) ?? DEFAULT_VIEW.level,
    selection: text('sel'),
    item: text('item'),
    find: text('find'),
    flame: FLAME_VIEWS.find(({ id }) => id === text('as'))?.id ?? DEFAULT_VIEW.flame,
    rows: FLOW_ROWS.find(({ id }) => id === text('of'))?.id ?? DEFAULT_VIEW.rows,
    sort: text('sort'),
    kinds: parseKinds(text('kinds')),
    table: text('view') === 'table',
  }
}

/** In their own order, and none where it is all of them. */
function parseKinds(text: string): readonly SampleKindId[] {
  const named = text.split(',')
  const kinds = SAMPLE_KINDS.filter(({ id }) => named.includes(id)).map(({ id }) => id)
  return kinds.length === SAMPLE_KINDS.length ? [] : kinds
}

/**
 * The view on another page. A service or process stays selected where the page can show it; all else that was selected was
 * the page's own.
 */
export function onPage(view: ViewState, page: PageId): ViewState {
  if (page === view.page) return view
  const subject = SUBJECT_PAGES.has(page) ? subjectOf(view.selection) : ''
  const level = page === 'map' && subject !== '' ? levelOf(subject) : view.level
  // Fields of filters are no others': what is asked for there would be wrong elsewhere.
  const query = page === 'filters' || view.page === 'filters' ? '' : view.query
  return { ...view, page, query, level, selection: subject, item: '', find: '', sort: '' }
}

const SUBJECT_PAGES: ReadonlySet<PageId> = new Set(['map', 'service', 'profiles'])

/** The coordinate of the service or process that a selection names; empty for any other. */
export function subjectOf(selection: string): string {
  return /^(?:svc|proc):./.test(selection) ? selection : ''
}

function levelOf(subject: string): LevelName {
  return subject.startsWith('proc:') ? 'process' : 'service'
}

/** Percent-encoding that leaves the characters of coordinates, queries and times readable. */
function encodeValue(value: string): string {
  return encodeURIComponent(value).replace(/%(3A|2F|40|2C|3E|2A|20)/g, (escape) =>
    escape === '%20' ? '+' : decodeURIComponent(escape),
  )
}
