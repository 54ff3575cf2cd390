import { computed, effect, signal } from '@preact/signals'
import { create, toBinary } from '@bufbuild/protobuf'
import { createClient } from '@connectrpc/connect'
import {
  FilterOrderKind,
  FilterOrderSchema,
  FilterService,
  type ListFiltersResponse,
  type StoredRelease,
} from '@quadrant/proto'
import { filterSuggestions, findFilters, toFilterRows } from '../model/filter-row.ts'
import { runLiveStream } from '../model/live-stream.ts'
import { errorText, isAbort, refusalOf, transport } from './client.ts'
import { filterValues } from './known-values.ts'
import { hidden } from './live-data.ts'
import { nowMs, view } from './view.ts'

const filterClient = createClient(FilterService, transport)

/** All filters and gateways; undefined until the server has answered. */
export const filterList = signal<ListFiltersResponse | undefined>(undefined)
export const filterError = signal('')
/** Releases of the selected filter, newest first. */
export const filterHistory = signal<readonly StoredRelease[]>([])

const allRows = computed(() => (filterList.value ? toFilterRows(filterList.value, nowMs.value) : []))
/** Those that the filter query means. */
export const filterRows = computed(() => findFilters(allRows.value, view.value.query))

const selectedName = computed(() => {
  const { selection } = view.value
  return selection.startsWith('filter:') ? selection.slice('filter:'.length) : ''
})
export const selectedFilter = computed(() => allRows.value.find(({ name }) => name === selectedName.value))

/** Keeps filters, what gateways make of them, and the releases of the selected one, until it is ended. */
export function startFilterData(): () => void {
  const ends = [effect(watchFilters), effect(loadHistory), effect(tellValues)]
  return () => {
    for (const end of ends) end()
    filterList.value = undefined
  }
}

function watchFilters(): (() => void) | undefined {
  if (hidden.value) return undefined
  const controller = new AbortController()
  void runLiveStream({
    open: (signal) => filterClient.watchFilters({}, { signal }),
    onMessage: ({ filters }) => (filterList.value = filters),
    onState: (state) => {
      filterError.value =
        state.kind === 'refused' ? state.reason : state.kind === 'reconnecting' ? state.reason : ''
    },
    refusal: refusalOf,
    signal: controller.signal,
    now: Date.now,
    sleep,
    random: Math.random,
  })
  return () => controller.abort()
}

/** What there is of the selected filter: another one is there when one of these is another. */
const historyKey = computed(() => {
  const filter = selectedFilter.value?.filter
  return filter && filter.newestVersion > 0n
    ? `${filter.name} ${filter.newestVersion} ${filter.offered?.release?.version ?? ''}`
    : ''
})

function loadHistory(): (() => void) | undefined {
  const [name = ''] = historyKey.value.split(' ')
  filterHistory.value = []
  if (name === '') return undefined
  const controller = new AbortController()
  filterClient
    .getFilterHistory({ name }, { signal: controller.signal })
    .then(({ releases }) => (filterHistory.value = releases))
    .catch((error: unknown) => {
      if (!isAbort(error)) filterError.value = errorText(error)
    })
  return () => controller.abort()
}

function tellValues() {
  filterValues.value = filterSuggestions(allRows.value)
}

/** Has a filter switched off or on by the server's word. Returns what went wrong, in words; else nothing. */
export async function orderFilter(name: string, isOn: boolean, reason: string): Promise<string> {
  const order = create(FilterOrderSchema, {
    name,
    kind: isOn ? FilterOrderKind.ON : FilterOrderKind.OFF,
    issuedNs: Date.now() * 1e6,
    reason,
  })
  try {
    // Without a signature the server gives it its number.
    await filterClient.orderFilter({ order: { order: toBinary(FilterOrderSchema, order) } })
    return ''
  } catch (error) {
    return errorText(error)
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
