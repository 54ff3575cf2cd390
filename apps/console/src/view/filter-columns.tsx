import { formatBytes, formatCount, formatDurationNs, formatRate, formatShare } from '@quadrant/core'
import type { FilterReading } from '@quadrant/proto'
import { nowMs } from '../app/view.ts'
import { ageText } from '../model/clock-text.ts'
import { countSum, type FilterPlace, type FilterRow } from '../model/filter-row.ts'
import { countWords, shortDigest, versionText } from '../model/filter-words.ts'
import { CopiedDigest } from './copied-digest.tsx'
import { FilterMark } from './filter-mark.tsx'
import type { Column } from './virtual-table.tsx'

const NOT_TOLD = 'No gateway tells it now'

function figure(value: number | undefined, text: (value: number) => string) {
  return value === undefined ? <span class="muted">–</span> : text(value)
}

/** A filter a row. */
export const FILTER_COLUMNS: readonly Column<FilterRow>[] = [
  {
    id: 'filter',
    title: 'Filter',
    width: 'minmax(120px, 1.6fr)',
    cell: ({ name }) => <strong>{name}</strong>,
    hint: ({ name, filter }) => `${name}\n${filter.offered?.release?.note ?? ''}`.trim(),
  },
  { id: 'state', title: 'State', width: '108px', cell: ({ state }) => <FilterMark state={state} /> },
  {
    id: 'version',
    title: 'Version',
    width: '92px',
    right: true,
    cell: ({ filter }) => {
      const offered = filter.offered?.release?.version
      if (filter.newestVersion === 0n) return <span class="muted">from files</span>
      return (
        <>
          {offered === undefined ? '' : `${versionText(offered)} `}
          {filter.newestVersion !== offered && (
            <span class="muted">newest {String(filter.newestVersion)}</span>
          )}
        </>
      )
    },
    hint: ({ filter }) =>
      filter.newestVersion === 0n
        ? 'gateways have it from files: nobody has signed it, and nobody pushes it'
        : `offered: ${versionText(filter.offered?.release?.version)}, newest: ${versionText(filter.newestVersion)}`,
  },
  {
    id: 'gateways',
    title: 'Serving on',
    width: '80px',
    right: true,
    cell: ({ servingCount, places }) =>
      places.length === 0 ? (
        <span class="muted">none</span>
      ) : (
        <span class={servingCount < places.length ? 'tone-warn' : ''}>
          {servingCount} of {places.length}
        </span>
      ),
    hint: ({ servingCount, places }) =>
      `${servingCount} of ${places.length} gateways with a place for it serve this version`,
  },
  {
    id: 'streams',
    title: 'Streams',
    width: '78px',
    right: true,
    cell: ({ streamsPerSecond }) => figure(streamsPerSecond, formatRate),
    hint: ({ streamsPerSecond, callsPerSecond }) =>
      streamsPerSecond === undefined ? NOT_TOLD : `${formatRate(callsPerSecond ?? 0)} calls into it`,
  },
  {
    id: 'p50',
    title: 'Call p50',
    width: '74px',
    right: true,
    cell: ({ callP50Ns }) => figure(callP50Ns, formatDurationNs),
    hint: () => 'Half of its calls took no longer, on the slowest gateway; one call of 16 is timed',
  },
  {
    id: 'p99',
    title: 'Call p99',
    width: '74px',
    right: true,
    cell: ({ callP99Ns }) => figure(callP99Ns, formatDurationNs),
    hint: () => '99 of 100 of its calls took no longer, on the slowest gateway; one call of 16 is timed',
  },
  {
    id: 'memory',
    title: 'Memory',
    width: '76px',
    right: true,
    cell: ({ memoryBytes }) => figure(memoryBytes, formatBytes),
    hint: () => 'Of all instances, on all gateways that tell',
  },
  {
    id: 'crashes',
    title: 'Crashes',
    width: '68px',
    right: true,
    cell: ({ crashes }) => <Trouble count={countSum(crashes)} tone="tone-bad" />,
    hint: ({ crashes }) => countWords(crashes) || 'none since its release began',
  },
  {
    id: 'limits',
    title: 'Limits hit',
    width: '76px',
    right: true,
    cell: ({ limitsHit }) => <Trouble count={countSum(limitsHit)} tone="tone-warn" />,
    hint: ({ limitsHit }) => countWords(limitsHit) || 'none since its release began',
  },
  {
    id: 'module',
    title: 'Module',
    width: '158px',
    cell: ({ digest }) => <CopiedDigest digest={digest} />,
  },
  { id: 'abi', title: 'ABI', width: '62px', mono: true, cell: ({ abi }) => abi || '–' },
  {
    id: 'keys',
    title: 'Signed by',
    width: 'minmax(140px, 1.4fr)',
    mono: true,
    cell: ({ keyIds }) => keyIds.map(shortDigest).join(', ') || '–',
    hint: ({ keyIds }) => keyIds.join('\n'),
  },
]

function Trouble({ count, tone }: { readonly count: number; readonly tone: string }) {
  return <span class={count > 0 ? tone : 'muted'}>{formatCount(count)}</span>
}

function reading(
  id: string,
  title: string,
  width: string,
  text: (reading: FilterReading) => string | undefined,
): Column<FilterPlace> {
  return {
    id,
    title,
    width,
    right: true,
    cell: ({ reading: told, isStale }) => (
      <span class={isStale ? 'muted' : ''}>{(told && text(told)) ?? '–'}</span>
    ),
  }
}

/** How fast something goes: of counts that are over nobody knows. */
function rate(
  id: string,
  title: string,
  text: (reading: FilterReading) => string | undefined,
): Column<FilterPlace> {
  return {
    ...reading(id, title, '84px', text),
    cell: ({ reading: told, isStale }) => (told && !isStale && text(told)) || <span class="muted">–</span>,
  }
}

/** A filter on one gateway a row: the twin, and what `quadrant filter list -o wide` lists. */
export const PLACE_COLUMNS: readonly Column<FilterPlace>[] = [
  {
    id: 'filter',
    title: 'Filter',
    width: 'minmax(110px, 1fr)',
    cell: ({ filter }) => <strong>{filter}</strong>,
  },
  { id: 'gateway', title: 'Gateway', width: 'minmax(110px, 1fr)', cell: ({ gateway }) => gateway.nodeId },
  { id: 'host', title: 'Host', width: 'minmax(90px, 1fr)', cell: ({ gateway }) => gateway.host },
  { id: 'state', title: 'State', width: '112px', cell: ({ state }) => <FilterMark state={state} /> },
  {
    id: 'serving',
    title: 'Serving',
    width: '72px',
    right: true,
    cell: ({ servingVersion, isOfFile }) => (isOfFile ? 'a file' : versionText(servingVersion)),
  },
  {
    id: 'reason',
    title: 'Why not',
    width: 'minmax(180px, 2fr)',
    cell: ({ code, reason, disobeys }) => (code === '' ? disobeys || '–' : `${code}: ${reason}`),
    hint: ({ code, reason, disobeys }) => (code === '' ? disobeys : `${code}: ${reason}`),
  },
  rate('rate', 'Streams', ({ streamsPerSecond: value }) =>
    value === undefined ? undefined : formatRate(value),
  ),
  rate('calls', 'Calls', ({ callsPerSecond: value }) =>
    value === undefined ? undefined : formatRate(value),
  ),
  rate('cores', 'Of one core', ({ cores }) => (cores === undefined ? undefined : formatShare(cores))),
  reading('p50', 'Call p50', '82px', ({ use }) => duration(use!.callP50Ns)),
  reading('p99', 'Call p99', '82px', ({ use }) => duration(use!.callP99Ns)),
  reading('memory', 'Memory', '82px', ({ use }) => formatBytes(use!.memoryBytes)),
  reading('crashes', 'Crashes', 'minmax(76px, 1fr)', ({ use }) => countWords(use!.crashes) || '0'),
  reading('limits', 'Limits hit', 'minmax(84px, 1fr)', ({ use }) => countWords(use!.limitsHit) || '0'),
  reading('bypassed', 'Went without', '96px', ({ use }) => formatCount(use!.bypassed)),
  reading('refused', 'Refused for it', '100px', ({ use }) => formatCount(use!.refused)),
  {
    id: 'counted',
    title: 'Counted',
    width: '80px',
    right: true,
    cell: ({ reading: told, isStale }) => (
      <span class={told && isStale ? 'tone-warn' : 'muted'}>
        {told ? ageText((nowMs.value - told.receivedNs / 1e6) / 1000) : 'never'}
      </span>
    ),
  },
]

function duration(ns: number): string | undefined {
  return ns > 0 ? formatDurationNs(ns) : undefined
}
