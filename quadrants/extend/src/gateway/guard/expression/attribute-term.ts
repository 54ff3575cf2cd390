import type { HeaderMap } from '@quadrant/wasm/proxy-wasm'
import { fieldName } from '../../route/field-name.ts'
import type { RequestView } from './request-view.ts'
import { boolTerm, intTerm, stringTerm, type Term } from './term.ts'

const header = (name: string) => stringTerm(({ headers }) => headers.get(name))

/** Those of Envoy's attributes that conditions ask for most, by their paths. Text is bytes; others are left to the planner. */
const TERMS: ReadonlyMap<string, Term> = new Map<string, Term>([
  ['request.path', header(':path')],
  ['request.url_path', stringTerm(({ path }) => path)],
  ['request.query', stringTerm(({ query }) => query)],
  ['request.host', header(':authority')],
  ['request.scheme', header(':scheme')],
  ['request.method', header(':method')],
  ['request.referer', header('referer')],
  ['request.useragent', header('user-agent')],
  ['request.id', header('x-request-id')],
  ['request.protocol', stringTerm(({ protocol }) => (protocol === '' ? undefined : protocol))],
  ['source.address', stringTerm(({ connection }) => connection.sourceAddress)],
  ['source.port', intTerm(({ connection }) => connection.sourcePort)],
  ['destination.address', stringTerm(({ connection }) => connection.destinationAddress)],
  ['destination.port', intTerm(({ connection }) => connection.destinationPort)],
  ['connection.mtls', boolTerm(({ connection }) => connection.tls?.isMutual ?? false)],
])

export function attributeTerm(path: string): Term | undefined {
  return TERMS.get(path)
}

/** Fields of one name are one, joined by commas. */
export function joinedHeader(headers: HeaderMap, written: string): string | undefined {
  const { names, values } = headers
  const name = fieldName(written)
  const index = names.indexOf(name)
  if (index === -1) return undefined
  return names.indexOf(name, index + 1) === -1 ? values[index] : headers.getAll(name).join(',')
}

export function headerTerm(name: string): Term {
  return stringTerm(({ headers }: RequestView) => joinedHeader(headers, name))
}

export function hasHeaderTerm(name: string): Term {
  const field = fieldName(name)
  return boolTerm(({ headers }: RequestView) => headers.has(field))
}
