import {
  CAPTURE_FIELDS,
  FLOW_FIELDS,
  GATEWAY_FILTER_FIELDS,
  MAP_FIELDS,
  type FieldSpec,
} from '@quadrant/core'
import { carriedQuery } from '../model/carried-query.ts'
import type { FlowRowsId, ViewState } from '../model/view-state.ts'
import { go, view } from './view.ts'

/** Which fields the filter of a page knows. */
export function fieldsOf({ page, rows }: Pick<ViewState, 'page' | 'rows'>): FieldSpec {
  if (page === 'filters') return GATEWAY_FILTER_FIELDS
  if (page !== 'flows') return MAP_FIELDS
  return rows === 'requests' ? CAPTURE_FIELDS : FLOW_FIELDS
}

/** What one may type there. */
export function filterExample({ page, rows }: Pick<ViewState, 'page' | 'rows'>): string {
  if (page === 'filters') return 'state:refused gateway:edge-* crashes:>0'
  if (page !== 'flows') return 'from:checkout to:postgres not:status:ok'
  return rows === 'requests'
    ? 'to:checkout status:5xx route:/orders/* duration:>100'
    : 'from:checkout status:failed not:port:53'
}

/** Other rows on Flows, with what of the filter holds for them too. */
export function showRows(rows: FlowRowsId) {
  const before = view.peek()
  if (before.rows === rows) return
  go({
    rows,
    selection: '',
    query: carriedQuery(before.query, fieldsOf({ page: 'flows', rows: before.rows })),
  })
}
