import {
  choice,
  defaulted,
  dictionary,
  duration,
  list,
  number,
  object,
  optional,
  required,
  text,
  variants,
} from '../schema/declare.ts'
import { httpMatches } from './http-match.ts'
import { DAY_MS, positiveCount } from './limits.ts'
import { condition, headerName, headerValue, objectName, textExpression } from './names.ts'
import { policyKind } from './policy-kind.ts'

/** Envoy's token buckets are not filled more often. */
const WINDOW_MS_MIN = 50

const key = variants(
  'a key',
  {},
  {
    SourceAddress: {
      key: 'sourceAddress',
      about: 'the address of the client.',
      schema: object('a key by address', {
        prefix: optional('Only so many bits of it are compared. Default: all.', number({ min: 1, max: 128 })),
      }),
    },
    Header: {
      key: 'header',
      about: 'what a header says.',
      schema: object('a key by header', { name: required('Of the header.', headerName) }),
    },
    Attribute: {
      key: 'attribute',
      about: 'what an expression of CEL gives as a text.',
      schema: object('a key by attribute', { expression: required('A text.', textExpression) }),
    },
  },
)

const limit = object('a limit', {
  name: required('In statistics and `explain`.', objectName),
  requests: required('How many are let through in a window.', positiveCount),
  window: required('How long a window is.', duration({ msMin: WINDOW_MS_MIN, msMax: DAY_MS })),
  burst: optional('How many may come at once. Default: `requests`.', positiveCount),
  by: optional('Each value of these has a limit of its own.', list(key, { max: 4 })),
  matches: optional('Requests that are counted: one match fits. None: all.', httpMatches),
  when: optional('Requests that are counted: those for which this is true as well.', condition),
})

const response = object('a response', {
  status: defaulted('Of the answer to what is over the limit.', number({ min: 400, max: 599 }), 429),
  headers: optional('Added to it.', dictionary(headerValue, { max: 16, key: headerName })),
  body: optional('What it says.', text({ what: 'a text', lengthMax: 4096 })),
})

export const rateLimitPolicy = policyKind({
  kind: 'RateLimitPolicy',
  plural: 'ratelimitpolicies',
  shortNames: ['rlp'],
  about: 'How many requests are let through in a time. What is over it is answered at once.',
  example: `apiVersion: quadrant.dev/v1
kind: RateLimitPolicy
metadata: { name: cart, namespace: shop }
spec:
  targetRefs: [{ kind: HTTPRoute, name: cart, sectionName: cart }]
  limits:
    - name: each-client
      requests: 100
      window: 10s
      by: [{ type: SourceAddress, sourceAddress: {} }]
    - name: writes
      requests: 10
      window: 1s
      when: request.method in ['POST', 'PUT']
`,
  targets: ['Gateway', 'HTTPRoute', 'GRPCRoute', 'Service'],
  rules: {
    limits: optional(
      'Each of them lets a request through, or none does.',
      list(limit, { min: 1, max: 64, keys: ['name'] }),
    ),
    response: optional('How what is over a limit is answered.', response),
    mode: optional(
      '`Shadow` counts what would be refused, and lets it through.',
      choice(['Enforce', 'Shadow']),
    ),
  },
  base: { mode: 'Enforce', response: { status: 429 } },
})
