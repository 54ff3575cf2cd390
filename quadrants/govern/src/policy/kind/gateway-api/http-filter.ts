import {
  bool,
  choice,
  defaulted,
  list,
  number,
  numberChoice,
  object,
  optional,
  required,
  type RuleOptions,
  text,
  variants,
} from '../../schema/declare.ts'
import type { ReadOf } from '../../schema/schema.ts'
import { headerName, port, preciseHostname } from '../names.ts'
import { backendReference, localReference } from '../reference.ts'
import { headerModifier } from './header-modifier.ts'

const corsMethods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  '*',
] as const

const aloneRule: RuleOptions<readonly string[]> = {
  message: "'*' stands alone",
  fix: "remove the others, or '*'",
  cel: "!('*' in self && self.size() > 1)",
  holds: (values) => !(values.includes('*') && values.length > 1),
  at: (values) => [values.indexOf('*')],
}
const corsHeaders = list(headerName, { max: 64, isSet: true, rules: [aloneRule] })

const origin = text({
  what: 'an origin such as https://*.shop.example, or `*`',
  lengthMin: 1,
  lengthMax: 253,
  pattern: /(^\*$)|(^(http(s)?):\/\/(((\*\.)?([a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+|\*)(:([0-9]{1,5}))?)$)/,
  example: 'https://shop.example',
})

const cors = object('CORS', {
  allowOrigins: optional('Who may ask.', list(origin, { max: 64, isSet: true, rules: [aloneRule] })),
  allowCredentials: optional('With cookies.', bool),
  allowMethods: optional(
    'By which methods.',
    list(choice(corsMethods), { max: 9, isSet: true, rules: [aloneRule] }),
  ),
  allowHeaders: optional('With which headers.', corsHeaders),
  exposeHeaders: optional('What scripts may read of the answer.', list(headerName, { max: 64, isSet: true })),
  maxAge: defaulted('For how many seconds browsers keep this.', number({ min: 1, max: 2 ** 31 - 1 }), 5),
})

const fraction = object(
  'a fraction',
  {
    numerator: required('Of so many.', number({ min: 0, max: 2 ** 31 - 1 })),
    denominator: defaulted('Of how many.', number({ min: 1, max: 2 ** 31 - 1 }), 100),
  },
  {
    rules: [
      {
        message: 'numerator is at most denominator',
        cel: 'self.numerator <= self.denominator',
        holds: ({ numerator, denominator }) => numerator <= denominator,
        at: () => ['numerator'],
      },
    ],
  },
)

/** `HTTPRequestMirrorFilter` of Gateway API. */
export const requestMirror = object(
  'a mirror',
  {
    backendRef: required('Gets a copy of requests; its answers are thrown away.', backendReference),
    percent: optional('Of requests. Default: all.', number({ min: 0, max: 100 })),
    fraction: optional('Of requests, more exactly.', fraction),
  },
  {
    rules: [
      {
        message: 'either `percent` or `fraction`',
        fix: 'remove percent',
        cel: '!(has(self.percent) && has(self.fraction))',
        holds: ({ percent, fraction }) => percent === undefined || fraction === undefined,
        at: () => ['percent'],
      },
    ],
  },
)

const newPath = text({ what: 'a path', lengthMax: 1024 })
const pathModifier = variants(
  'a path modifier',
  {},
  {
    ReplaceFullPath: { key: 'replaceFullPath', about: 'the whole path.', schema: newPath },
    ReplacePrefixMatch: {
      key: 'replacePrefixMatch',
      about: 'what stands in place of the prefix that matched.',
      schema: newPath,
    },
  },
)

const requestRedirect = object('a redirect', {
  scheme: optional('Default: that of the request.', choice(['http', 'https'])),
  hostname: optional('Default: that of the request.', preciseHostname),
  path: optional('Default: that of the request.', pathModifier),
  port: optional('Default: that of the scheme, or of the listener.', port),
  statusCode: defaulted('Of the answer.', numberChoice([301, 302, 303, 307, 308]), 302),
})

const urlRewrite = object('a rewrite', {
  hostname: optional('The backend is told this host.', preciseHostname),
  path: optional('The backend is told this path.', pathModifier),
})

const request = {
  key: 'requestHeaderModifier',
  about: 'changes of the request.',
  schema: headerModifier,
} as const
const response = {
  key: 'responseHeaderModifier',
  about: 'changes of the response.',
  schema: headerModifier,
} as const
const mirror = { key: 'requestMirror', about: 'copies go elsewhere too.', schema: requestMirror } as const
const extension = {
  key: 'extensionRef',
  about: 'a `FilterPolicy` of `quadrant.dev` in this namespace.',
  schema: localReference,
} as const

/** `HTTPRouteFilter` of Gateway API. */
const httpFilter = variants(
  'a filter',
  {},
  {
    RequestHeaderModifier: request,
    ResponseHeaderModifier: response,
    RequestMirror: mirror,
    RequestRedirect: {
      key: 'requestRedirect',
      about: 'clients are sent elsewhere.',
      schema: requestRedirect,
    },
    URLRewrite: { key: 'urlRewrite', about: 'the backend is asked otherwise.', schema: urlRewrite },
    ExtensionRef: extension,
    CORS: { key: 'cors', about: 'which pages may ask (Fetch, section 3.2).', schema: cors },
  },
)
export type HttpFilter = ReadOf<typeof httpFilter>

/** `GRPCRouteFilter` of Gateway API. */
const grpcFilter = variants(
  'a filter',
  {},
  {
    RequestHeaderModifier: request,
    ResponseHeaderModifier: response,
    RequestMirror: mirror,
    ExtensionRef: extension,
  },
)

interface Typed {
  readonly type: string
}

const onceRule = (type: string): RuleOptions<readonly Typed[]> => ({
  message: `a filter of type ${type} stands here once`,
  fix: 'put them together',
  cel: `self.filter(f, f.type == '${type}').size() <= 1`,
  holds: (filters) => filters.filter((filter) => filter.type === type).length <= 1,
  at: (filters) => [filters.findLastIndex((filter) => filter.type === type)],
})

export const httpFilters = list(httpFilter, {
  max: 16,
  rules: [
    {
      message: 'a request is redirected or rewritten, not both',
      fix: 'remove one of them',
      cel: "!(self.exists(f, f.type == 'RequestRedirect') && self.exists(f, f.type == 'URLRewrite'))",
      holds: (filters) =>
        !(
          filters.some(({ type }) => type === 'RequestRedirect') &&
          filters.some(({ type }) => type === 'URLRewrite')
        ),
      at: (filters) => [filters.findIndex(({ type }) => type === 'URLRewrite')],
    },
    ...['CORS', 'RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite'].map(
      onceRule,
    ),
  ],
})

export const grpcFilters = list(grpcFilter, {
  max: 16,
  rules: ['RequestHeaderModifier', 'ResponseHeaderModifier'].map(onceRule),
})
