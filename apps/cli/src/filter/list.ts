import {
  FilterOrderKind,
  GetFilterHistoryResponseSchema,
  ListFiltersResponseSchema,
  ReleaseStage,
  type Filter,
  type FilterState,
  type ListFiltersResponse,
  type StoredRelease,
} from '@quadrant/proto'
import { note, type Context } from '../context.ts'
import { jsonDocument, jsonEncoder } from '../output/json.ts'
import { table, type Column } from '../output/table.ts'
import { formatAgo } from '../output/time.ts'
import { callFilters, connectFilters } from './filter-client.ts'
import { readingColumns } from './reading-columns.ts'
import { digestText } from './release-text.ts'
import { stageWord } from './stage-word.ts'

export interface FilterListFlags {
  readonly data?: string
  readonly output: 'table' | 'wide' | 'json'
}

/** `quadrant filter list [NAME]`. @throws {CliError} QDR-C016 where there is no such filter, and as `connectServer` */
export async function runFilterList(context: Context, flags: FilterListFlags, name?: string): Promise<void> {
  const server = connectFilters(context, flags.data)
  const { signal } = context
  if (name !== undefined) {
    const history = await callFilters(server, context, () =>
      server.client.getFilterHistory({ name }, { signal }),
    )
    if (flags.output === 'json')
      context.stdout.write(jsonDocument(jsonEncoder(GetFilterHistoryResponseSchema)(history)))
    else
      context.stdout.write(rows(context, HISTORY(context.now()), history.releases, flags.output === 'wide'))
    return
  }
  const list = await callFilters(server, context, () => server.client.listFilters({}, { signal }))
  if (flags.output === 'json')
    context.stdout.write(jsonDocument(jsonEncoder(ListFiltersResponseSchema)(list)))
  else context.stdout.write(listText(context, list, flags.output === 'wide'))
}

/** @param isWide also what gateways count, and nothing is cut */
function listText(context: Context, list: ListFiltersResponse, isWide: boolean): string {
  if (list.filters.length === 0) {
    note(
      context,
      `no filter was pushed, and no gateway that is connected has one from a file; ${context.command} filter sign and ${context.command} filter push do`,
    )
    return ''
  }
  const places = list.filters.flatMap((filter) => filter.states.map((state) => ({ filter, state })))
  const filters = rows(context, FILTERS(list), list.filters, isWide)
  if (places.length === 0) return filters
  const columns = [
    ...STATES(list, context.now()),
    ...(isWide ? readingColumns<Place>(context.now(), ({ state }) => state.reading) : []),
  ]
  return `${filters}\n${rows(context, columns, places, isWide)}`
}

function rows<Row>(
  context: Context,
  columns: readonly Column<Row>[],
  of: readonly Row[],
  isWide: boolean,
): string {
  return table(columns, of, {
    paint: context.paint,
    columns: isWide ? undefined : context.stdout.columns,
  })
}

const FILTERS = (list: ListFiltersResponse): readonly Column<Filter>[] => [
  { title: 'FILTER', cell: ({ name }) => name },
  { title: 'VERSION', cell: ({ offered }) => versionText(offered?.release?.version), align: 'right' },
  {
    title: 'NEWEST',
    cell: ({ newestVersion }) => versionText(newestVersion),
    align: 'right',
  },
  {
    title: 'SERVING',
    cell: (filter) => {
      if (filter.newestVersion === 0n) return `${filter.states.length} of ${filter.states.length}`
      const places = list.gateways.filter(({ filters }) => filters.includes(filter.name)).length
      const version = filter.offered?.release?.version
      const serving = filter.states.filter(({ status }) => status?.servingVersion === version).length
      return `${serving} of ${places}`
    },
    align: 'right',
  },
  {
    title: 'ORDER',
    cell: ({ order, orderSigned }) =>
      order ? `${orderWord(order.kind)}${orderSigned ? ', signed' : ''}` : '',
    colour: ({ order }) => (order?.kind === FilterOrderKind.OFF ? 'red' : undefined),
  },
  { title: 'KEYS', cell: ({ offered }) => offered?.keyIds.map(shortId).join(', ') ?? '', min: 12 },
  {
    title: 'MODULE',
    cell: ({ offered, newestVersion, states }) => {
      if (offered?.release) return digestText(offered.release.moduleSha256)
      return newestVersion === 0n ? moduleOfFiles(states) : ''
    },
    min: 19,
  },
]

/** What gateways have from files, as one where it is the same on all. */
function moduleOfFiles(states: readonly FilterState[]): string {
  const digests = new Set(
    states.flatMap(({ reading }) => (reading?.use ? [digestText(reading.use.moduleSha256)] : [])),
  )
  return digests.size > 1 ? `${digests.size} files` : [...digests].join('')
}

interface Place {
  readonly filter: Filter
  readonly state: FilterState
}

const STATES = (list: ListFiltersResponse, nowMs: number): readonly Column<Place>[] => [
  { title: 'GATEWAY', cell: ({ state }) => state.nodeId, min: 8 },
  { title: 'FILTER', cell: ({ filter }) => filter.name },
  { title: 'SERVING', cell: ({ state }) => versionText(state.status?.servingVersion), align: 'right' },
  {
    title: 'STATE',
    cell: ({ filter, state }) => {
      const { status, order } = state
      const gateway = list.gateways.find(({ nodeId }) => nodeId === state.nodeId)
      if (!gateway?.connected) return 'away'
      if (state.reading?.use?.fromFile) return 'from a file'
      if (order?.off && order.sequence === filter.orderSequence) return 'off'
      return status ? `${stageWord(status.stage)} ${status.version}` : ''
    },
    colour: ({ state: { status } }) =>
      status?.stage === ReleaseStage.REFUSED || status?.stage === ReleaseStage.ROLLED_BACK
        ? 'red'
        : undefined,
  },
  { title: 'SINCE', cell: ({ state: { status } }) => (status ? formatAgo(status.timeNs / 1e6, nowMs) : '') },
  {
    title: 'REASON',
    cell: ({ state: { status } }) => (status?.code ? `${status.code}: ${status.reason}` : ''),
    min: 20,
  },
]

const HISTORY = (nowMs: number): readonly Column<StoredRelease>[] => [
  { title: 'VERSION', cell: ({ release }) => versionText(release?.version), align: 'right' },
  { title: 'PUSHED', cell: ({ pushedNs }) => formatAgo(pushedNs / 1e6, nowMs) },
  { title: 'OFFERED', cell: ({ offeredNs }) => formatAgo(offeredNs / 1e6, nowMs) },
  { title: 'RESTORES', cell: ({ release }) => versionText(release?.restoresVersion), align: 'right' },
  { title: 'KEYS', cell: ({ keyIds }) => keyIds.map(shortId).join(', '), min: 12 },
  { title: 'KEPT', cell: ({ moduleKept }) => (moduleKept ? 'yes' : 'no') },
  { title: 'MODULE', cell: ({ release }) => (release ? digestText(release.moduleSha256) : ''), min: 19 },
  { title: 'NOTE', cell: ({ release }) => release?.note ?? '', min: 10 },
]

function versionText(version: bigint | undefined): string {
  return version === undefined || version === 0n ? '' : String(version)
}

function shortId(id: string): string {
  return id.slice(0, 'sha256:'.length + 12)
}

function orderWord(kind: FilterOrderKind): string {
  return kind === FilterOrderKind.OFF ? 'off' : 'on'
}
