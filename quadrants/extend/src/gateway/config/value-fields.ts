import {
  type Address,
  about,
  duration,
  type Field,
  json,
  mapped,
  number,
  object,
  optional,
  parseHostPort,
  shaped,
  text,
  texts,
} from '@quadrant/core/config'
import { GatewayCode } from './codes.ts'
import type { PemSource } from './pem-source.ts'
import type { RateLimitSpec } from './rate-limit-spec.ts'

const DAY_MS = 86_400_000

/** Text that fits a pattern. */
export function textLike(type: string, pattern: RegExp, example: string): Field<string> {
  return shaped({ type, isRequired: true }, (reader, place, name) => {
    const problemCount = reader.diagnostics.length
    const value = text(reader, place, name)
    if (reader.diagnostics.length === problemCount && !pattern.test(value))
      reader.wrong(GatewayCode.wrongValue, place, `\`${name}\` is ${type}`, `${name}: ${example}`)
    return value
  })
}

/** Who receives OTLP over HTTP. @param signal the last part of the path, as OTLP has it: `traces` */
export function otlpReceiver(signal: 'metrics' | 'traces') {
  return {
    endpoint: about(
      'Where OTLP over HTTP is received, with the path.',
      textLike('an URL', /^https?:\/\/[^\s/]+\/\S*$/, `http://127.0.0.1:4318/v1/${signal}`),
    ),
    headers: about('With each request, such as a key.', texts),
  }
}

export const nameField = textLike(
  'a name of letters, digits, `_`, `-`, `.` and `/`',
  /^[A-Za-z0-9_][A-Za-z0-9_./-]{0,127}$/,
  'shop',
)

/** In lower-case, as they are compared. */
export const headerName: Field<string> = mapped(
  textLike('the name of a header', /^:?[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/, 'x-user'),
  (name) => name.toLowerCase(),
)

/** `host:port`, which has to be there. */
export const address: Field<Address> = shaped(
  { type: '`host:port`', isRequired: true },
  (reader, place, name) => {
    const problemCount = reader.diagnostics.length
    const parsed = parseHostPort(text(reader, place, name))
    if (!parsed && reader.diagnostics.length === problemCount)
      reader.wrong(GatewayCode.wrongValue, place, `\`${name}\` is \`host:port\``, `${name}: 127.0.0.1:8080`)
    return parsed ?? { host: '127.0.0.1', port: 0 }
  },
)

/** How long something may take, where 0 is for ever. */
export function timeout(fallbackMs: number): Field<number> {
  return duration({ default: fallbackMs, min: 0, max: 7 * DAY_MS })
}

/** A number where 0 is without limit, which is Infinity then. */
export function unlimited(field: Field<number>): Field<number> {
  return mapped(field, (value) => (value === 0 ? Infinity : value))
}

export const path = textLike('a path from `/`', /^\/[\x21-\x7e]{0,8191}$/, '/')

export const status = (fallback: number) => number({ default: fallback, min: 200, max: 599 })

export const pemFile: Field<PemSource> = mapped(text, (value) => ({ kind: 'file', path: value }))

export const rateLimit: Field<RateLimitSpec> = mapped(
  object('rate_limit', {
    requests: about('How many may come in `per`.', number({ default: 100, min: 1, max: 1e9 })),
    per: about('In which time.', duration({ default: 1000, min: 1, max: DAY_MS })),
    burst: about(
      'How many may come at once. Default: `requests`.',
      optional(number({ default: 100, min: 1, max: 1e9 })),
    ),
    status: about('Of the answer to what is over.', status(429)),
  }),
  (read) => ({
    burst: read.burst ?? read.requests,
    perInterval: read.requests,
    intervalMs: read.per,
    status: read.status,
  }),
)

/** By namespace, as Envoy has it. */
export const metadata: Field<Readonly<Record<string, unknown>>> = shaped(
  { type: 'a mapping of mappings', fallback: '{}' },
  (reader, place, name) =>
    Object.fromEntries(
      reader.entries(place, `\`${name}\``).map(({ key, value }) => [key, json(reader, value, key) ?? null]),
    ),
)
