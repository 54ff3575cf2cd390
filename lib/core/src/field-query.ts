import type { Analysis, Diagnostic, TextRange } from './diagnostic.ts'
import { globMatch } from './glob.ts'
import { nearest } from './nearest.ts'

/** The fields that a query may name: key → what it means. */
export type FieldSpec = Readonly<Record<string, string>>

/** Fields of a flow (one event of one socket). */
export const FLOW_FIELDS = {
  from: 'service, process or address that opened the connection',
  to: 'service, process or address that accepted it',
  svc: 'either end',
  port: 'port of the server, or of either end where the server is not known',
  proto: 'tcp or udp',
  status: 'ok, failed, reset or open',
  event: 'listen, connect, accept, close, fail, reset, existing, send, receive or lost',
  pid: 'process id at either end',
  ip: 'address at either end',
  host: 'host that saw it',
} as const satisfies FieldSpec

/** Fields of an edge of the map. */
export const MAP_FIELDS = {
  from: 'service, process or address of the client',
  to: 'service, process or address of the server',
  svc: 'either end',
  port: 'port of the server',
  proto: 'tcp or udp',
  status: 'ok, retransmits, resets or failures',
  ip: 'address at either end',
  host: 'host that saw it',
  bytes: 'bytes both ways in the range, e.g. bytes:>1000000',
  opened: 'connections opened in the range',
  failed: 'connects failed in the range',
} as const satisfies FieldSpec

/** Fields of requests that are alike: HTTP and gRPC. */
export const REQUEST_FIELDS = {
  from: 'service, process or address that sent it',
  to: 'service, process or address that served it',
  svc: 'either end',
  port: 'port of the server',
  proto: 'http1, http2 or grpc',
  method: 'method, e.g. method:GET',
  route: 'template of the path, e.g. route:/users/*, or a gRPC method',
  status: 'HTTP status (404, 5xx, none), or ok, errors (5xx, gRPC statuses alike, aborted), client-errors',
  grpc: 'gRPC status, e.g. grpc:14 or grpc:unavailable',
  outcome: 'answered, aborted or upgraded',
  ip: 'address at either end',
  host: 'host that saw it',
} as const satisfies FieldSpec

/** Fields of a request that was captured in full. */
export const CAPTURE_FIELDS = {
  ...REQUEST_FIELDS,
  target: 'path and query, e.g. target:*page=2*',
  authority: 'host that was asked, e.g. authority:shop.example',
  header: 'name of a header of request or response',
  rule: 'sampling rule that asked for it',
  trace: 'trace id, in hexadecimal',
  duration: 'milliseconds to the last byte, or where that was not seen to the first, e.g. duration:>100',
  pid: 'process id at either end',
} as const satisfies FieldSpec

/** Fields of a filter of gateways. */
export const GATEWAY_FILTER_FIELDS = {
  filter: 'name of the filter',
  gateway: 'gateway that has a place for it',
  host: 'host of such a gateway',
  state:
    'serving, arriving, refused, rolled-back, restarting, off, away, waiting or kept; of the filter or at a gateway',
  code: 'why a gateway refused it, e.g. code:untrusted-key',
  key: 'id of a key that has signed it, e.g. key:sha256:9f86*',
  digest: 'digest of its module, e.g. digest:sha256:2c26*',
  crashes: 'crashes on all gateways, e.g. crashes:>0',
  limits: 'what was refused over a limit, on all gateways, e.g. limits:>0',
  slow: 'milliseconds within which 99 of 100 of its calls end, e.g. slow:>1',
} as const satisfies FieldSpec

export interface FieldTerm {
  /** `undefined` is a bare word: it matches any label. */
  readonly key: string | undefined
  readonly negated: boolean
  /** Alternatives, lower case: globs, or numbers with `>` or `<` before them. */
  readonly values: readonly string[]
  readonly range: TextRange
}

export interface FieldQuery {
  readonly terms: readonly FieldTerm[]
}

const QUERY_LENGTH_MAX = 1024
const TERMS_MAX = 32

/**
 * Parses `key:value` terms: `not:key:value` or `-key:value` negates, `"…"` quotes, a comma lists alternatives,
 * a word without a key matches any label. Terms that could not be read are left out and diagnosed.
 */
export function parseFieldQuery(text: string, fields: FieldSpec): Analysis<FieldQuery> {
  const diagnostics: Diagnostic[] = []
  const terms: FieldTerm[] = []
  if (text.length > QUERY_LENGTH_MAX) {
    diagnostics.push(
      problem('QRY003', `a query has at most ${QUERY_LENGTH_MAX} characters`, {
        start: QUERY_LENGTH_MAX,
        end: text.length,
      }),
    )
    return { value: { terms }, diagnostics }
  }
  for (const word of splitWords(text, diagnostics)) {
    if (terms.length === TERMS_MAX) {
      diagnostics.push(
        problem('QRY003', `a query has at most ${TERMS_MAX} terms`, {
          start: word.range.start,
          end: text.length,
        }),
      )
      break
    }
    const term = parseTerm(word, fields, diagnostics)
    if (term) terms.push(term)
  }
  return { value: { terms }, diagnostics }
}

/**
 * Whether a record matches. `lookup(key)` gives the record's values of a field, `lookup('*')` all its labels,
 * undefined where it has none. Terms of the same key and sign are alternatives; different keys must all match.
 */
export function matchFieldQuery(
  query: FieldQuery,
  lookup: (key: string) => readonly string[] | undefined,
): boolean {
  const wanted = new Map<string, boolean>()
  for (const term of query.terms) {
    const key = term.key ?? '*'
    const matched = matchesAny(term.values, lookup(key))
    if (term.negated) {
      if (matched) return false
      // Bare words narrow one after the other, so each counts on its own.
    } else if (term.key === undefined) {
      if (!matched) return false
    } else wanted.set(key, (wanted.get(key) ?? false) || matched)
  }
  for (const matched of wanted.values()) if (!matched) return false
  return true
}

interface Word {
  readonly text: string
  /** Offset of the first quoted character in `text`, or its length. Before it a colon divides. */
  readonly quotedFrom: number
  readonly range: TextRange
}

function* splitWords(text: string, diagnostics: Diagnostic[]): Generator<Word> {
  let at = 0
  while (at < text.length) {
    if (/\s/.test(text[at]!)) {
      at++
      continue
    }
    const start = at
    let word = ''
    let quotedFrom = -1
    let quoteAt = -1
    for (; at < text.length && (quoteAt !== -1 || !/\s/.test(text[at]!)); at++) {
      if (text[at] !== '"') word += text[at]
      else if (quoteAt === -1) {
        quoteAt = at
        if (quotedFrom === -1) quotedFrom = word.length
      } else quoteAt = -1
    }
    if (quoteAt !== -1)
      diagnostics.push(
        problem('QRY002', 'this quote is not closed', { start: quoteAt, end: text.length }, 'add "'),
      )
    yield { text: word, quotedFrom: quotedFrom === -1 ? word.length : quotedFrom, range: { start, end: at } }
  }
}

function parseTerm(word: Word, fields: FieldSpec, diagnostics: Diagnostic[]): FieldTerm | undefined {
  let rest = word.text
  let quotedFrom = word.quotedFrom
  let negated = false
  const drop = (length: number) => {
    rest = rest.slice(length)
    quotedFrom -= length
  }
  for (const prefix of ['-', 'not:'])
    if (!negated && rest.startsWith(prefix) && quotedFrom >= prefix.length && rest.length > prefix.length) {
      negated = true
      drop(prefix.length)
    }
  const colon = rest.indexOf(':')
  const key = rest.slice(0, colon)
  // An IPv6 address has colons too; a key is a plain word.
  const keyed = colon > 0 && colon < quotedFrom && /^[a-z]+$/i.test(key) && !/^[0-9a-f:.]+$/i.test(rest)
  if (keyed && !Object.hasOwn(fields, key.toLowerCase())) {
    const near = nearest(key.toLowerCase(), Object.keys(fields))
    diagnostics.push(
      problem(
        'QRY001',
        `unknown field \`${key}\``,
        word.range,
        near ? `${near}:${rest.slice(colon + 1)}` : `one of ${Object.keys(fields).join(', ')}`,
      ),
    )
    return undefined
  }
  const value = keyed ? rest.slice(colon + 1) : rest
  const values = value
    .toLowerCase()
    .split(',')
    .filter((one) => one !== '')
  if (values.length === 0) {
    diagnostics.push(
      problem('QRY004', keyed ? `\`${key}:\` has no value` : 'this term has no value', word.range),
    )
    return undefined
  }
  return { key: keyed ? key.toLowerCase() : undefined, negated, values, range: word.range }
}

function matchesAny(patterns: readonly string[], values: readonly string[] | undefined): boolean {
  if (!values) return false
  return patterns.some((pattern) => values.some((value) => matchesOne(pattern, value)))
}

function matchesOne(pattern: string, value: string): boolean {
  const compared = /^([<>])(-?\d+(?:\.\d+)?)$/.exec(pattern)
  if (compared)
    return compared[1] === '>' ? Number(value) > Number(compared[2]) : Number(value) < Number(compared[2])
  return globMatch(pattern, value.toLowerCase())
}

function problem(code: string, message: string, range: TextRange, fix?: string): Diagnostic {
  return { code, severity: 'error', message, range, ...(fix === undefined ? {} : { fix }) }
}
