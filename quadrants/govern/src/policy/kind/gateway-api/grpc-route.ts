import { choice, defaulted, list, object, optional, type RuleOptions, text } from '../../schema/declare.ts'
import { headerMatch } from '../http-match.ts'
import { GATEWAY_API_GROUP, type Kind } from '../kind.ts'
import { objectName } from '../names.ts'
import { backendOptions, weightedBackendFields } from '../reference.ts'
import { grpcFilters } from './http-filter.ts'
import { matchCountRule, routeFields, ruleNamesRule } from './route-fields.ts'
import type { ReadOf, WrittenOf } from '../../schema/schema.ts'

const backend = object(
  'a backend',
  { ...weightedBackendFields, filters: optional('For calls that go to it.', grpcFilters) },
  backendOptions,
)

const SERVICE = /^(?:\.?[a-zA-Z_][a-zA-Z_0-9]*(?:\.[a-zA-Z_][a-zA-Z_0-9]*)*)$/
const METHOD = /^[A-Za-z_][A-Za-z_0-9]*$/

interface MethodRead {
  readonly type: string
  readonly service?: string
  readonly method?: string
}

const nameRule = (key: 'service' | 'method', pattern: RegExp, example: string): RuleOptions<MethodRead> => ({
  code: 'wrongForm',
  message: `\`${key}\` is no name of gRPC`,
  fix: `such as ${example}`,
  cel: `self.type != 'Exact' || !has(self.${key}) || self.${key}.matches(r"""${pattern.source}""")`,
  holds: (value) => value.type !== 'Exact' || value[key] === undefined || pattern.test(value[key]),
  at: () => [key],
})

const methodName = text({ what: 'a name', lengthMax: 1024 })
const methodMatch = object(
  'a method match',
  {
    type: defaulted('How it is compared.', choice(['Exact', 'RegularExpression']), 'Exact'),
    service: optional('With its package: `shop.v1.Cart`.', methodName),
    method: optional('Of the service.', methodName),
  },
  {
    rules: [
      {
        code: 'empty',
        message: 'a method match says `service`, `method` or both',
        fix: 'service: …',
        cel: 'has(self.service) || has(self.method)',
        holds: ({ service, method }) => service !== undefined || method !== undefined,
      },
      nameRule('service', SERVICE, 'shop.v1.Cart'),
      nameRule('method', METHOD, 'GetCart'),
    ],
  },
)

const match = object('a match', {
  method: optional('Which calls.', methodMatch),
  headers: optional('Each of them fits.', list(headerMatch, { max: 16, keys: ['name'] })),
})

const rule = object('a rule', {
  name: optional('By which policies can be about this rule alone.', objectName),
  matches: optional('One of them fits. None: all calls.', list(match, { max: 64 })),
  filters: optional('What happens to calls and answers.', grpcFilters),
  backendRefs: optional(
    'Where calls go, by weight. None: they fail as UNAVAILABLE.',
    list(backend, { max: 16 }),
  ),
})

const spec = object('the spec of a GRPCRoute', {
  ...routeFields,
  rules: optional(
    'What becomes of which calls.',
    list(rule, { max: 16, rules: [ruleNamesRule, matchCountRule] }),
  ),
})

export const grpcRoute: Kind<'GRPCRoute', ReadOf<typeof spec>, WrittenOf<typeof spec>> = {
  group: GATEWAY_API_GROUP,
  versions: ['v1'],
  kind: 'GRPCRoute',
  plural: 'grpcroutes',
  shortNames: [],
  about: 'Which gRPC calls go where, of a gateway or to a service.',
  example: `apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: { name: cart, namespace: shop }
spec:
  parentRefs: [{ name: web }]
  rules:
    - matches: [{ method: { service: shop.v1.Cart } }]
      backendRefs: [{ name: cart, port: 9090 }]
`,
  spec,
}
