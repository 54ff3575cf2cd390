import { addressOf } from './map-graph.ts'
import type { FieldSpec } from '@quadrant/core'

export interface Suggestion {
  /** What stands in the box afterwards. */
  readonly text: string
  /** Where the caret stands afterwards. */
  readonly caret: number
  readonly label: string
  readonly about: string
}

/** Values known for a field now, best first. */
export type KnownValues = Readonly<Record<string, readonly string[]>>

const SUGGESTIONS_MAX = 8

/** What could stand where the caret is: fields, or values of the field before it. */
export function suggestTerms(
  text: string,
  caret: number,
  fields: FieldSpec,
  known: KnownValues,
): readonly Suggestion[] {
  const start = wordStart(text, caret)
  const end = wordEnd(text, caret)
  const word = text.slice(start, caret)
  const sign = /^(?:-|not:)/.exec(word)?.[0] ?? ''
  const body = word.slice(sign.length)
  const colon = body.indexOf(':')
  const replace = (term: string, closed: boolean, words: Pick<Suggestion, 'label' | 'about'>): Suggestion => {
    const tail = text.slice(end)
    const gap = closed && !tail.startsWith(' ') ? ' ' : ''
    const head = text.slice(0, start) + sign + term + gap
    return { text: head + tail, caret: head.length + (closed && gap === '' ? 1 : 0), ...words }
  }
  if (colon === -1)
    return Object.entries(fields)
      .filter(([key]) => key.startsWith(body.toLowerCase()))
      .slice(0, SUGGESTIONS_MAX)
      .map(([key, about]) => replace(`${key}:`, false, { label: `${sign}${key}:`, about }))
  const key = body.slice(0, colon).toLowerCase()
  const typed = body.slice(colon + 1)
  const comma = typed.lastIndexOf(',')
  const settled = typed.slice(0, comma + 1)
  const open = typed
    .slice(comma + 1)
    .toLowerCase()
    .replaceAll('"', '')
  return (known[key] ?? [])
    .filter((value) => value.toLowerCase().includes(open) && value.toLowerCase() !== open)
    .slice(0, SUGGESTIONS_MAX)
    .map((value) =>
      replace(`${key}:${settled}${quoteValue(value)}`, true, { label: value, about: `${sign}${key}` }),
    )
}

/** The query with one more term, or without it where it is there already. */
export function toggleTerm(query: string, term: string): string {
  const words = query.split(/\s+/).filter(Boolean)
  return (words.includes(term) ? words.filter((word) => word !== term) : [...words, term]).join(' ')
}

/** `key:value`, quoted where the value needs it. */
export function queryTerm(key: string, value: string): string {
  return `${key}:${quoteValue(value)}`
}

/** A term that names one node of the map. Names of services and addresses are readable; of others the coordinate is what is exact. */
export function nodeTerm(
  key: 'from' | 'to' | 'svc',
  node: { id: string; kind: string; label: string },
): string {
  if (node.kind === 'address') return queryTerm(key, addressOf(node.id))
  return queryTerm(key, node.kind === 'service' ? node.label : node.id)
}

function quoteValue(value: string): string {
  return /[\s,]/.test(value) ? `"${value.replaceAll('"', '')}"` : value
}

function wordStart(text: string, caret: number): number {
  let at = caret
  while (at > 0 && !/\s/.test(text[at - 1]!)) at--
  return at
}

function wordEnd(text: string, caret: number): number {
  let at = caret
  while (at < text.length && !/\s/.test(text[at]!)) at++
  return at
}
