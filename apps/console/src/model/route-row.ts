import { requestProtocolName, type RequestGroup, type RequestSignals } from '@quadrant/proto'
import { decadesAround, durationBands } from './duration-histogram.ts'
import { routeText } from './request-words.ts'

/** One route of a server, with what its requests did. */
export interface RouteRow {
  readonly key: string
  readonly route: string
  readonly method: string
  readonly protocol: string
  readonly signals: RequestSignals
  /** Times in bands of equal width on the scale that all rows have in common, as levels 0 to 4. */
  readonly bands: readonly number[]
  readonly source: RequestGroup
}

interface RouteRows {
  readonly rows: readonly RouteRow[]
  /** Ends of the bands' scale, nanoseconds. */
  readonly leastNs: number
  readonly mostNs: number
}

const BANDS = 24
const LEVELS = 4

export function toRouteRows(groups: readonly RequestGroup[]): RouteRows {
  const known = groups.flatMap((group) => (group.signals ? [{ group, signals: group.signals }] : []))
  const ends = decadesAround(known.map(({ signals }) => signals.durations))
  const rows = known.map(({ group, signals }): RouteRow => ({
    key: group.id,
    route: routeText(group.route),
    method: group.method,
    protocol: requestProtocolName(group.protocol),
    signals,
    bands: signals.durations ? bandLevels(durationBands(signals.durations, ends, BANDS)) : [],
    source: group,
  }))
  return { rows, ...ends }
}

/** 0 for none; else by the square root of the share of the fullest: few slow ones can still be seen. */
export function bandLevels(bands: readonly number[], most = Math.max(...bands)): readonly number[] {
  return bands.map((count) => (count > 0 ? Math.max(1, Math.ceil(LEVELS * Math.sqrt(count / most))) : 0))
}

/** What a table of routes may be sorted by: its value, and whether the largest is first unless asked otherwise. */
const COLUMNS = {
  route: { value: ({ route }: RouteRow) => route, descending: false },
  rate: { value: ({ signals }: RouteRow) => signals.requests, descending: true },
  errors: { value: ({ signals }: RouteRow) => signals.errorShare, descending: true },
  refused: { value: ({ signals }: RouteRow) => signals.clientErrors, descending: true },
  p50: { value: ({ signals }: RouteRow) => signals.p50Ns, descending: true },
  p99: { value: ({ signals }: RouteRow) => signals.p99Ns, descending: true },
  max: { value: ({ signals }: RouteRow) => signals.maxNs, descending: true },
} as const

export interface RouteSort {
  readonly id: keyof typeof COLUMNS
  readonly descending: boolean
}

export const ROUTE_SORT: RouteSort = { id: 'rate', descending: true }

/** `p99`, or `-p99` for the other way round; anything else is the rate. */
export function parseRouteSort(text: string): RouteSort {
  const [, turned, name = ''] = /^(-?)(\w+)$/.exec(text) ?? []
  if (!Object.hasOwn(COLUMNS, name)) return ROUTE_SORT
  const id = name as keyof typeof COLUMNS
  return { id, descending: COLUMNS[id].descending !== (turned === '-') }
}

/** As the address has it; empty for what is so by default. */
export function formatRouteSort({ id, descending }: RouteSort): string {
  if (id === ROUTE_SORT.id && descending) return ''
  return `${descending === COLUMNS[id].descending ? '' : '-'}${id}`
}

/** The column once more turns it round; another begins with what asks for a look first. */
export function pressRouteSort(sort: RouteSort, id: string): RouteSort {
  if (!Object.hasOwn(COLUMNS, id)) return sort
  const column = id as keyof typeof COLUMNS
  return {
    id: column,
    descending: sort.id === column ? !sort.descending : COLUMNS[column].descending,
  }
}

/** Equal ones stand by their rate, then by their key. */
export function sortRoutes(rows: readonly RouteRow[], { id, descending }: RouteSort): readonly RouteRow[] {
  const { value } = COLUMNS[id]
  const turn = descending ? -1 : 1
  return rows.toSorted((a, b) => {
    const [x, y] = [value(a), value(b)]
    if (x !== y) return (x < y ? -1 : 1) * turn
    return b.signals.requests - a.signals.requests || (a.key < b.key ? -1 : 1)
  })
}
