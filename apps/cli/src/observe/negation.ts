/** Starts a value that `--not` negates. No argument of a program can hold a zero byte, so it cannot be typed. */
const MARK = '\0'

/** Flags of `observe` that `--not` may stand before. */
export const FILTER_FLAGS = [
  'from',
  'to',
  'svc',
  'port',
  'proto',
  'status',
  'method',
  'route',
  'event',
  'pid',
  'ip',
  'host',
] as const
export type FilterFlag = (typeof FILTER_FLAGS)[number]

/**
 * Joins `--not` with the filter after it, as in hubble: `--not --port 53` becomes a port filter with a marked value.
 * A `--not` that no filter follows is left for the parser, which refuses it.
 */
export function joinNegations(inputs: readonly string[]): string[] {
  const joined: string[] = []
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]!
    const next = inputs[i + 1]
    if (input === '--') return [...joined, ...inputs.slice(i)]
    if (input !== '--not' || next === undefined || !isFilter(next)) {
      joined.push(input)
      continue
    }
    i++
    const equals = next.indexOf('=')
    if (equals !== -1) joined.push(`${next.slice(0, equals)}=${MARK}${next.slice(equals + 1)}`)
    else {
      joined.push(next)
      if (i + 1 < inputs.length) joined.push(`${MARK}${inputs[++i]!}`)
    }
  }
  return joined
}

/** Takes the mark off: whether the value was negated, and the value as typed. */
export function splitNegation(value: string): { readonly negated: boolean; readonly value: string } {
  return value.startsWith(MARK) ? { negated: true, value: value.slice(1) } : { negated: false, value }
}

function isFilter(input: string): boolean {
  return (
    input.startsWith('--') && (FILTER_FLAGS as readonly string[]).includes(input.slice(2).split('=', 1)[0]!)
  )
}
