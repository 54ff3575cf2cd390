import { FLOW_FIELDS, formatDiagnostic, nearest, parseFieldQuery, type FieldQuery } from '@quadrant/core'
import { FLOW_EVENT_NAMES, FLOW_STATUSES } from '@quadrant/proto'
import { usageError } from '../cli-error.ts'
import { FILTER_FLAGS, splitNegation, type FilterFlag } from './negation.ts'

export type FilterValues = Readonly<Partial<Record<FilterFlag, readonly string[]>>>

/** Fields whose values are a closed list. */
export const CLOSED_VALUES: Readonly<Partial<Record<FilterFlag, readonly string[]>>> = {
  proto: ['tcp', 'udp'],
  status: FLOW_STATUSES,
  event: [...FLOW_EVENT_NAMES.values()],
}

export interface FlowFilter {
  /** The query as the server takes it and as `--query` does. */
  readonly text: string
  readonly query: FieldQuery
}

/** Joins the filter flags and a typed query into one field query. @throws CliError QDR-C012 where a part is wrong */
export function flowFilter(flags: FilterValues, query: string | undefined): FlowFilter {
  const terms: string[] = query ? [query] : []
  for (const flag of FILTER_FLAGS)
    for (const given of flags[flag] ?? []) {
      const { negated, value } = splitNegation(given)
      checkValue(flag, value)
      terms.push(`${negated ? 'not:' : ''}${flag}:${/[\s]/.test(value) ? `"${value}"` : value}`)
    }
  const text = terms.join(' ')
  const { value, diagnostics } = parseFieldQuery(text, FLOW_FIELDS)
  const problem = diagnostics.find((diagnostic) => diagnostic.severity === 'error')
  if (problem) throw usageError(`the filter cannot be read\n${formatDiagnostic(problem, text)}`)
  return { text, query: value }
}

function checkValue(flag: FilterFlag, value: string): void {
  if (value === '' || value.includes('"')) throw usageError(`--${flag} \`${value}\`: a name without quotes`)
  for (const one of value.toLowerCase().split(',')) {
    if ((flag === 'port' || flag === 'pid') && !/^(?:[<>]?\d+|[\d*?]+)$/.test(one))
      throw usageError(`--${flag} \`${one}\`: it is a number, or a number after > or <`)
    const values = CLOSED_VALUES[flag]
    if (!values || values.includes(one) || /[*?]/.test(one)) continue
    const near = nearest(one, values)
    throw usageError(
      `--${flag} \`${one}\`: it is one of ${values.join(', ')}`,
      near && `did you mean --${flag} ${near}?`,
    )
  }
}
