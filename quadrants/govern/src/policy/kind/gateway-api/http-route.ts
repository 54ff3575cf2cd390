import {
  defaulted,
  duration,
  list,
  number,
  object,
  optional,
  type RuleOptions,
} from '../../schema/declare.ts'
import { type HttpMatch, httpMatch } from '../http-match.ts'
import { GATEWAY_API_GROUP, type Kind } from '../kind.ts'
import { objectName } from '../names.ts'
import { backendOptions, weightedBackendFields } from '../reference.ts'
import { notLongerThanRequest } from '../timeout-rule.ts'
import { type HttpFilter, httpFilters } from './http-filter.ts'
import { matchCountRule, routeFields, ruleNamesRule } from './route-fields.ts'
import type { ReadOf, WrittenOf } from '../../schema/schema.ts'

/** GEP-2257 can say no longer one. */
const DURATION_MS_MAX = 4 * 99_999 * 3_600_000
const anyDuration = duration({ msMin: 0, msMax: DURATION_MS_MAX })

const backend = object(
  'a backend',
  { ...weightedBackendFields, filters: optional('For requests that go to it.', httpFilters) },
  backendOptions,
)

const timeouts = object(
  'timeouts',
  {
    request: optional(
      'From the first byte of the request to the last of the answer. `0s`: none.',
      anyDuration,
    ),
    backendRequest: optional('Of each attempt. `0s`: none.', anyDuration),
  },
  {
    rules: [notLongerThanRequest],
  },
)

const retry = object('retry', {
  codes: optional(
    'Statuses after which it is tried again.',
    list(number({ min: 400, max: 599 }), { max: 200 }),
  ),
  attempts: defaulted('How often it is tried again.', number({ min: 0, max: 2 ** 31 - 1 }), 1),
  backoff: optional('The least time between attempts.', anyDuration),
})

interface RuleRead {
  readonly matches: readonly HttpMatch[]
  readonly filters?: readonly HttpFilter[]
  readonly backendRefs?: readonly { readonly filters?: readonly HttpFilter[] }[]
}

const replacesPrefix = (filter: HttpFilter) =>
  (filter.type === 'RequestRedirect' && filter.requestRedirect.path?.type === 'ReplacePrefixMatch') ||
  (filter.type === 'URLRewrite' && filter.urlRewrite.path?.type === 'ReplacePrefixMatch')
const hasOnePrefix = ({ matches }: RuleRead) => matches.length === 1 && matches[0]?.path.type === 'PathPrefix'

const CEL_REPLACES =
  "f, (has(f.requestRedirect) && has(f.requestRedirect.path) && f.requestRedirect.path.type == 'ReplacePrefixMatch') || (has(f.urlRewrite) && has(f.urlRewrite.path) && f.urlRewrite.path.type == 'ReplacePrefixMatch')"
const CEL_ONE_PREFIX = "self.matches.size() == 1 && self.matches[0].path.type == 'PathPrefix'"

const ruleRules: readonly RuleOptions<RuleRead>[] = [
  {
    message: 'a rule that redirects has no `backendRefs`',
    fix: 'remove backendRefs',
    cel: "!(has(self.backendRefs) && self.backendRefs.size() > 0 && has(self.filters) && self.filters.exists(f, f.type == 'RequestRedirect'))",
    holds: ({ backendRefs = [], filters = [] }) =>
      backendRefs.length === 0 || !filters.some(({ type }) => type === 'RequestRedirect'),
    at: () => ['backendRefs'],
  },
  {
    message: '`replacePrefixMatch` needs exactly one match, of type PathPrefix',
    fix: 'make a rule of each match',
    cel: `!(has(self.filters) && self.filters.exists(${CEL_REPLACES})) || (${CEL_ONE_PREFIX})`,
    holds: (rule) => !(rule.filters ?? []).some(replacesPrefix) || hasOnePrefix(rule),
    at: ({ filters = [] }) => ['filters', filters.findIndex(replacesPrefix)],
  },
  {
    message: '`replacePrefixMatch` of a backend needs exactly one match, of type PathPrefix',
    fix: 'make a rule of each match',
    cel: `!(has(self.backendRefs) && self.backendRefs.exists(b, has(b.filters) && b.filters.exists(${CEL_REPLACES}))) || (${CEL_ONE_PREFIX})`,
    holds: (rule) =>
      !(rule.backendRefs ?? []).some(({ filters = [] }) => filters.some(replacesPrefix)) ||
      hasOnePrefix(rule),
    at: ({ backendRefs = [] }) => [
      'backendRefs',
      backendRefs.findIndex(({ filters = [] }) => filters.some(replacesPrefix)),
    ],
  },
]

const EVERYTHING: readonly HttpMatch[] = [{ path: { type: 'PathPrefix', value: '/' } }]

const rule = object(
  'a rule',
  {
    name: optional('By which policies can be about this rule alone.', objectName),
    matches: defaulted(
      'One of them fits. The most exact match of all routes has the request: exact path, longest prefix, method, most headers, most parameters.',
      list(httpMatch, { max: 64 }),
      EVERYTHING,
    ),
    filters: optional('What happens to requests and responses.', httpFilters),
    backendRefs: optional(
      'Where requests go, by weight. None: they are answered with 500.',
      list(backend, { max: 16 }),
    ),
    timeouts: optional('How long it may take.', timeouts),
    retry: optional('When it is tried again.', retry),
  },
  { rules: ruleRules },
)

const spec = object('the spec of an HTTPRoute', {
  ...routeFields,
  rules: defaulted(
    'What becomes of which requests.',
    list(rule, { min: 1, max: 16, rules: [ruleNamesRule, matchCountRule] }),
    [{ matches: EVERYTHING }],
  ),
})

export const httpRoute: Kind<'HTTPRoute', ReadOf<typeof spec>, WrittenOf<typeof spec>> = {
  group: GATEWAY_API_GROUP,
  versions: ['v1', 'v1beta1'],
  kind: 'HTTPRoute',
  plural: 'httproutes',
  shortNames: [],
  about: 'Which HTTP requests go where, of a gateway or to a service.',
  example: `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: cart, namespace: shop }
spec:
  parentRefs: [{ name: web }]
  hostnames: [shop.example]
  rules:
    - name: cart
      matches: [{ path: { type: PathPrefix, value: /cart } }]
      backendRefs: [{ name: cart, port: 8080 }]
      timeouts: { request: 3s }
`,
  spec,
}
