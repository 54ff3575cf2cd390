import { choice, list, object, optional, required, type RuleOptions } from '../schema/declare.ts'
import { httpMatches } from './http-match.ts'
import { shortDuration } from './limits.ts'
import { condition, headerName } from './names.ts'
import { policyKind } from './policy-kind.ts'
import { backendOptions, weightedBackendFields } from './reference.ts'

const backend = object('a backend', weightedBackendFields, backendOptions)

const someWeight: RuleOptions<readonly { readonly weight: number }[]> = {
  message: 'all weights are 0: nobody would get anything',
  fix: 'weight: 1',
  cel: 'self.exists(b, b.weight > 0)',
  holds: (backends) => backends.some(({ weight }) => weight > 0),
  at: () => [0, 'weight'],
}

const sticky = object(
  'stickiness',
  {
    type: required('By what clients are told apart.', choice(['Cookie', 'Header', 'SourceAddress'])),
    name: optional('Of the cookie or the header.', headerName),
    ttl: optional('How long a cookie is kept. Default: as long as the browser runs.', shortDuration),
  },
  {
    rules: [
      {
        code: 'missing',
        message: 'a cookie or a header has a `name`',
        fix: 'name: …',
        cel: "self.type == 'SourceAddress' || has(self.name)",
        holds: ({ type, name }) => type === 'SourceAddress' || name !== undefined,
      },
      {
        message: '`ttl` is for cookies',
        fix: 'remove ttl',
        cel: "self.type == 'Cookie' || !has(self.ttl)",
        holds: ({ type, ttl }) => type === 'Cookie' || ttl === undefined,
        at: () => ['ttl'],
      },
    ],
  },
)

export const trafficSplitPolicy = policyKind({
  kind: 'TrafficSplitPolicy',
  plural: 'trafficsplitpolicies',
  shortNames: ['tsp'],
  about: 'Requests of a route go to several backends by weight, instead of to those of the route.',
  example: `apiVersion: quadrant.dev/v1
kind: TrafficSplitPolicy
metadata: { name: cart-canary, namespace: shop }
spec:
  targetRefs: [{ kind: HTTPRoute, name: cart, sectionName: cart }]
  backends:
    - { name: cart, port: 8080, weight: 95 }
    - { name: cart-next, port: 8080, weight: 5 }
  sticky: { type: Cookie, name: canary, ttl: 1h }
`,
  targets: ['HTTPRoute', 'GRPCRoute'],
  rules: {
    backends: optional('Where requests go.', list(backend, { min: 1, max: 16, rules: [someWeight] })),
    sticky: optional('A client stays with the backend that it got first.', sticky),
    matches: optional('Which requests: one match fits. None: all.', httpMatches),
    when: optional('This is true as well.', condition),
  },
  base: {},
})
