import { useEffect } from 'preact/hooks'
import { formatBytes, formatCount } from '@quadrant/core'
import { filterError, filterList, filterRows, selectedFilter, startFilterData } from '../app/filter-data.ts'
import { go, view } from '../app/view.ts'
import type { FilterRow } from '../model/filter-row.ts'
import { FilterChips } from './filter-chips.tsx'
import { FILTER_COLUMNS, PLACE_COLUMNS } from './filter-columns.tsx'
import { FilterPanel } from './filter-panel.tsx'
import { FiltersEmpty } from './filters-empty.tsx'
import { VirtualTable } from './virtual-table.tsx'

const CHIPS = [
  { term: 'state:refused,rolled-back', title: 'Refused' },
  { term: 'state:off', title: 'Off' },
  { term: 'crashes:>0', title: 'Crashed' },
  { term: 'limits:>0', title: 'Over a limit' },
] as const

/** Filters of all gateways: what serves where, what it costs, and where it fails. */
export function FiltersPage() {
  useEffect(startFilterData, [])
  const { selection, table, query } = view.value
  const list = filterList.value
  const rows = filterRows.value
  const select = (name: string) => {
    const key = `filter:${name}`
    go({ selection: key === selection ? '' : key }, { replace: true })
  }
  const isEmpty = list !== undefined && list.filters.length === 0
  const empty = list ? <NoMatch query={query} /> : 'Asking the server…'
  return (
    <>
      <div class="page-main">
        {!isEmpty && (
          <div class="toolbar">
            <FilterChips chips={CHIPS} />
          </div>
        )}
        {filterError.value !== '' && (
          <p class="banner" role="alert">
            {filterError.value}
          </p>
        )}
        {isEmpty ? (
          <FiltersEmpty gateways={list.gateways} />
        ) : table ? (
          <VirtualTable
            label="Filters by gateway"
            rows={rows.flatMap(({ places }) => places)}
            columns={PLACE_COLUMNS}
            rowKey={({ filter, gateway }) => `filter:${filter} ${gateway.nodeId}`}
            onSelect={({ filter }) => select(filter)}
            empty={empty}
            widthMin={1720}
          />
        ) : (
          <VirtualTable
            label="Filters"
            rows={rows}
            columns={FILTER_COLUMNS}
            rowKey={({ name }) => `filter:${name}`}
            selectedKey={selection}
            onSelect={({ name }) => select(name)}
            empty={empty}
            widthMin={1180}
          />
        )}
        <StatusLine rows={rows} />
      </div>
      {selectedFilter.value && <FilterPanel row={selectedFilter.value} />}
    </>
  )
}

function StatusLine({ rows }: { readonly rows: readonly FilterRow[] }) {
  const list = filterList.value
  if (!list) return null
  const away = list.gateways.filter(({ connected }) => !connected).length
  const silent = new Set(
    rows
      .flatMap(({ places }) => places)
      .filter(({ gateway, servingVersion, isStale }) => gateway.connected && servingVersion > 0n && isStale)
      .map(({ gateway }) => gateway.nodeId),
  ).size
  return (
    <div class="status-line">
      <span>
        {formatCount(rows.length)} {rows.length === 1 ? 'filter' : 'filters'},{' '}
        {formatCount(list.gateways.length)} {list.gateways.length === 1 ? 'gateway' : 'gateways'}
      </span>
      {away > 0 && (
        <span class="lossy">{formatCount(away)} away: what they serve is what they told last</span>
      )}
      {silent > 0 && <span class="lossy">{formatCount(silent)} connected and telling no counts</span>}
      <span>{view.value.time.kind === 'live' ? 'live' : 'as it is now, whatever the time bar shows'}</span>
      <span class="push">
        modules take {formatBytes(list.moduleBytes)} of at most {formatBytes(list.moduleLimitBytes)} on the
        server
      </span>
    </div>
  )
}

function NoMatch({ query }: { readonly query: string }) {
  return (
    <div class="no-flows">
      <p>
        No filter matches <span class="mono">{query}</span>.
      </p>
      <button class="button" onClick={() => go({ query: '' })}>
        Clear the filter
      </button>
    </div>
  )
}
