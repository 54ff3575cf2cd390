import {
  CAPTURE_FIELDS,
  FLOW_FIELDS,
  formatDiagnostic,
  nearest,
  parseFieldQuery,
  type FieldQuery,
  type FieldSpec,
} from '@quadrant/core'
import { FLOW_EVENT_NAMES, FLOW_STATUSES } from '@quadrant/proto'
import { usageError } from '../cli-error.ts'
import { FILTER_FLAGS, splitNegation, type FilterFlag } from './negation.ts'

export type FilterValues = Readonly<Partial<Record<FilterFlag, readonly string[]>>>

type ClosedValues = Readonly<Partial<Record<FilterFlag, readonly string[]>>>

/** Fields of flows whose values are a closed list. */
export const CLOSED_VALUES: ClosedValues = {
  proto: ['tcp', 'udp'],
  status: FLOW_STATUSES,
  event: [...FLOW_EVENT_NAMES.values()],
}

const REQUEST_VALUES: ClosedValues = { proto: ['http1', 'http2', 'grpc'] }
/** What `status` may be of a request: a code, a class of them, or whose fault it was. */
const REQUEST_STATUS = /^(?:[<>]?[1-9]\d{2}|[1-9]xx|[1-9][\d?*]{0,2}|none|ok|errors?|client-errors?)$/

/** What is filtered. */
interface Filtered {
  readonly fields: FieldSpec
  readonly closed: ClosedValues
  readonly status: RegExp | undefined
  /** What is to be said of a flag that is none of its fields. */
  readonly other: (flag: string) => Error
}

const FLOWS: Filtered = {
  fields: FLOW_FIELDS,
  closed: CLOSED_VALUES,
  status: undefined,
  other: (flag) => usageError(`--${flag} is about requests`, `add --requests`),
}

const REQUESTS: Filtered = {
  fields: CAPTURE_FIELDS,
  closed: REQUEST_VALUES,
  status: REQUEST_STATUS,
  other: (flag) => usageError(`--${flag} is about flows`, 'leave --requests away'),
}

export interface FlowFilter {
  /** The query as the server takes it and as `--query` does. */
  readonly text: string
  readonly query: FieldQuery
}

/** Joins the filter flags and a typed query into one field query. @throws CliError QDR-C012 where a part is wrong */
export function flowFilter(flags: FilterValues, query: string | undefined): FlowFilter {
  return readFilter(flags, query, FLOWS)
}

/** The same for requests that were captured. @throws CliError QDR-C012 where a part is wrong */
export function requestFilter(flags: FilterValues, query: string | undefined): FlowFilter {
  return readFilter(flags, query, REQUESTS)
}

/** Whether filters are such that only requests can have: a method, a route, an HTTP status. */
export function asksForRequests({ method, route, status }: FilterValues): boolean {
  const isHttp = (value: string) =>
    /^\0?(?:[<>]?[1-5](?:\d\d|xx)|(?:client-)?errors?)$/.test(value.toLowerCase())
  return (
    method !== undefined || route !== undefined || (status ?? []).some((one) => one.split(',').every(isHttp))
  )
}

function readFilter(flags: FilterValues, query: string | undefined, filtered: Filtered): FlowFilter {
  const terms: string[] = query ? [query] : []
  for (const flag of FILTER_FLAGS)
    for (const given of flags[flag] ?? []) {
      if (!Object.hasOwn(filtered.fields, flag)) throw filtered.other(flag)
      const { negated, value } = splitNegation(given)
      checkValue(flag, value, filtered)
      terms.push(`${negated ? 'not:' : ''}${flag}:${/[\s]/.test(value) ? `"${value}"` : value}`)
    }
  const text = terms.join(' ')
  const { value, diagnostics } = parseFieldQuery(text, filtered.fields)
  const problem = diagnostics.find((diagnostic) => diagnostic.severity === 'error')
  if (problem) throw usageError(`the filter cannot be read\n${formatDiagnostic(problem, text)}`)
  return { text, query: value }
}

function checkValue(flag: FilterFlag, value: string, { closed, status }: Filtered): void {
  if (value === '' || value.includes('"')) throw usageError(`--${flag} \`${value}\`: a name without quotes`)
  for (const one of value.toLowerCase().split(',')) {
    if ((flag === 'port' || flag === 'pid') && !/^(?:[<>]?\d+|[\d*?]+)$/.test(one))
      throw usageError(`--${flag} \`${one}\`: it is a number, or a number after > or <`)
    if (flag === 'status' && status && !status.test(one))
      throw usageError(
        `--status \`${one}\`: of a request it is a code (404), a class (5xx), ok, errors or client-errors`,
      )
    const values = closed[flag]
    if (!values || values.includes(one) || /[*?]/.test(one)) continue
    const near = nearest(one, values)
    throw usageError(
      `--${flag} \`${one}\`: it is one of ${values.join(', ')}`,
      near && `did you mean --${flag} ${near}?`,
    )
  }
}
