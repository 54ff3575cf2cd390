import {
  about,
  bool,
  duration,
  type Field,
  list,
  mapped,
  number,
  object,
  optional,
  shaped,
  text,
  texts,
  withDefault,
} from '@quadrant/core/config'
import { onlyOne } from './choice.ts'
import { GatewayCode } from './codes.ts'
import { conditionFields, conditionOf } from './condition-fields.ts'
import type {
  AuthorizationRuleSpec,
  AuthorizationSpec,
  CallerSpec,
  CorsSpec,
  FaultSpec,
  KeyedLimitSpec,
  LimitKeySpec,
  LimitsSpec,
  MirrorSpec,
  RouteFilterSpec,
} from './guard-spec.ts'
import { headerName, nameField, status, textLike } from './value-fields.ts'

const DAY_MS = 86_400_000

/** One of some words. */
export function word<const T extends string>(words: readonly [T, ...T[]], fallback?: NoInfer<T>): Field<T> {
  const type = words.map((one) => `\`${one}\``).join(' or ')
  return shaped(
    fallback === undefined ? { type, isRequired: true } : { type, fallback },
    (reader, place, name) => {
      if (place.node === undefined && fallback !== undefined) return fallback
      const value = text(reader, place, name)
      const found = words.find((one) => one === value)
      if (found === undefined)
        reader.wrong(GatewayCode.wrongValue, place, `\`${name}\` is ${type}`, `${name}: ${words[0]}`)
      return found ?? words[0]
    },
  )
}

/** In percent, as people write it; read as a share from 0 to 1. */
export const share: Field<number> = mapped(
  number({ default: 100, min: 0, max: 100, isWhole: false }),
  (percent) => percent / 100,
)

const origin = textLike(
  'an origin such as https://shop.example, or `*`',
  /^(\*|https?:\/\/[^\s/]{1,253})$/,
  'https://shop.example',
)

/** Which pages may ask. */
export const cors: Field<CorsSpec> = mapped(
  object('cors', {
    allow_origins: about('`https://shop.example`, `https://*.shop.example`, or `*`.', list(origin)),
    allow_credentials: about('With cookies.', bool(false)),
    allow_methods: about(
      'By which methods.',
      list(textLike('a method or `*`', /^(\*|[A-Z][A-Z-]{0,31})$/, 'GET')),
    ),
    allow_headers: about(
      'With which headers.',
      list(textLike('the name of a header, or `*`', /^[\w!#$%&'*+.^`|~-]{1,256}$/, 'content-type')),
    ),
    expose_headers: about('What scripts may read of answers.', list(headerName)),
    max_age: about('How long browsers keep this.', duration({ default: 5000, min: 0, max: 365 * DAY_MS })),
  }),
  (read) => ({
    allowOrigins: read.allow_origins,
    isCredentialed: read.allow_credentials,
    allowMethods: read.allow_methods,
    allowHeaders: read.allow_headers,
    exposeHeaders: read.expose_headers,
    maxAgeSeconds: Math.round(read.max_age / 1000),
  }),
)

const caller: Field<CallerSpec> = object('who asks', {
  principals: about(
    'SPIFFE IDs of the client’s certificate, at whose end `/*` has all below.',
    list(textLike('a SPIFFE ID', /^spiffe:\/\/[^\s/]+(\/\S*)?$/, 'spiffe://quadrant.local/ns/shop/sa/web')),
  ),
  namespaces: about('Of that identity.', list(nameField)),
  addresses: about('Addresses and ranges of who connects.', list(text)),
})

const rule: Field<AuthorizationRuleSpec> = mapped(
  object('a rule', {
    name: about('In statistics and access logs.', nameField),
    action: about('`log` decides nothing, and is counted.', word(['allow', 'deny', 'log'])),
    from: about('One of them asks. None: whoever it is.', list(caller)),
    ...conditionFields,
  }),
  (read, reader, place) => ({
    name: read.name,
    action: read.action,
    from: read.from,
    condition: conditionOf(read, reader, place),
  }),
)

/** Who may ask what. */
export const authorization: Field<AuthorizationSpec> = mapped(
  object('authorization', {
    rules: about('Those that deny are asked first.', list(rule)),
    otherwise: about('What becomes of requests that none fits.', word(['allow', 'deny'], 'deny')),
    shadow: about('What would be denied is counted, and goes on.', bool(false)),
  }),
  (read) => ({ rules: read.rules, otherwise: read.otherwise, isShadow: read.shadow }),
)

const limitKey: Field<LimitKeySpec> = mapped(
  object('a key', {
    source_address: about(
      'Who connects, of whose address so many bits count.',
      optional(number({ default: 128, min: 1, max: 128 })),
    ),
    header: about('What a header says.', optional(headerName)),
    expression: about('What an expression of CEL gives as a text.', optional(text)),
  }),
  (read, reader, place) => {
    switch (onlyOne(reader, place, 'a key', read, ['source_address', 'header', 'expression'])) {
      case 'header':
        return { kind: 'header', name: read.header ?? '' }
      case 'expression':
        return { kind: 'expression', expression: read.expression ?? '' }
      case 'source_address':
      case undefined:
        return { kind: 'source-address', prefixBits: read.source_address }
    }
  },
)

const limit: Field<KeyedLimitSpec> = mapped(
  object('a limit', {
    name: about('In statistics.', nameField),
    requests: about('How many may come in `per`.', number({ default: 100, min: 1, max: 2 ** 31 - 1 })),
    per: about('In which time.', duration({ default: 1000, min: 1, max: DAY_MS })),
    burst: about(
      'How many may come at once. Default: `requests`.',
      optional(number({ default: 100, min: 1, max: 2 ** 31 - 1 })),
    ),
    by: about('Each value of these has a limit of its own; what lacks one is not counted.', list(limitKey)),
    ...conditionFields,
  }),
  (read, reader, place) => ({
    name: read.name,
    requests: read.requests,
    windowMs: read.per,
    burst: read.burst ?? read.requests,
    by: read.by,
    condition: conditionOf(read, reader, place),
  }),
)

/** How many requests are let through. */
export const limits: Field<LimitsSpec> = mapped(
  object('limits', {
    scope: about(
      'Routes of a listener with the same one count together. Default: each for itself.',
      optional(nameField),
    ),
    limits: about('Each of them lets a request through, or none does.', list(limit)),
    status: about('Of the answer to what is over.', status(429)),
    headers: about('Of that answer.', texts),
    body: about('Of that answer.', withDefault(text, 'local_rate_limited')),
    shadow: about('What would be refused is counted, and goes on.', bool(false)),
  }),
  (read) => ({
    scope: read.scope,
    limits: read.limits,
    status: read.status,
    headers: [...read.headers].map(([name, value]) => ({ name: name.toLowerCase(), value })),
    body: read.body,
    isShadow: read.shadow,
  }),
)

const delay = mapped(
  object('a delay', {
    duration: about('How long requests wait.', duration({ default: 1000, min: 1, max: DAY_MS })),
    percent: about('Of requests.', share),
  }),
  (read) => ({ ms: read.duration, share: read.percent }),
)

const abort = mapped(
  object('an abort', {
    status: about('Of the answer.', status(503)),
    grpc_status: about('Of the answer to a call.', optional(number({ default: 14, min: 0, max: 16 }))),
    percent: about('Of requests.', share),
  }),
  (read) => ({ status: read.status, grpcStatus: read.grpc_status, share: read.percent }),
)

/** Requests that wait or fail on purpose. */
export const fault: Field<FaultSpec> = mapped(
  object('a fault', {
    delay: about('Requests wait.', optional(delay)),
    abort: about('Requests are answered at once.', optional(abort)),
    ...conditionFields,
  }),
  (read, reader, place) => ({
    delay: read.delay,
    abort: read.abort,
    condition: conditionOf(read, reader, place),
  }),
)

/** Copies of requests. */
export const mirror: Field<MirrorSpec> = mapped(
  object('a mirror', {
    cluster: about('Who gets copies.', nameField),
    percent: about('Of requests.', share),
    ...conditionFields,
  }),
  (read, reader, place) => ({
    cluster: read.cluster,
    share: read.percent,
    condition: conditionOf(read, reader, place),
  }),
)

/** A filter of a route. */
export const routeFilter: Field<RouteFilterSpec> = mapped(
  object('a filter', {
    name: about('Of one of the filters of the listener.', nameField),
    ...conditionFields,
  }),
  (read, reader, place) => ({ name: read.name, condition: conditionOf(read, reader, place) }),
)
