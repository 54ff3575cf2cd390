import { choice, defaulted, number, object, optional, required } from '../schema/declare.ts'
import type { RuleOptions } from '../schema/declare.ts'
import type { ReadOf } from '../schema/schema.ts'
import { GATEWAY_API_GROUP } from './kind.ts'
import { group, kindName, namespaceName, port, referencedName, objectName } from './names.ts'

const backendFields = {
  group: defaulted('Of the kind.', group, ''),
  kind: defaulted('Of what is referred to.', kindName, 'Service'),
  name: required('Of what is referred to.', referencedName),
  namespace: optional(
    'Where it is. Default: that of the route or policy. Another one needs a ReferenceGrant there.',
    namespaceName,
  ),
  port: optional('Of the service.', port),
}

const portRule: RuleOptions<{ group: string; kind: string; port?: number }> = {
  code: 'missing',
  message: 'a reference to a Service needs `port`',
  fix: 'port: …',
  cel: "(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true",
  holds: ({ group, kind, port }) => group !== '' || kind !== 'Service' || port !== undefined,
  at: () => ['name'],
}

/** `BackendObjectReference` of Gateway API. */
export const backendReference = object('a backend', backendFields, {
  rules: [portRule],
  isReference: true,
})

export const weight = number({ min: 0, max: 1_000_000 })

/** `BackendRef` of Gateway API: with a share of the requests. */
export const weightedBackendFields = {
  ...backendFields,
  weight: defaulted('Its share, among the sum of all.', weight, 1),
}
export const backendOptions = { rules: [portRule], isReference: true } as const

/** `SecretObjectReference` of Gateway API. */
export const secretReference = object(
  'a reference to a Secret',
  {
    group: defaulted('Of the kind.', group, ''),
    kind: defaulted('Of what is referred to.', kindName, 'Secret'),
    name: required('Of the Secret.', referencedName),
    namespace: optional('Where it is. Another namespace needs a ReferenceGrant there.', namespaceName),
  },
  { isReference: true },
)

/** `ObjectReference` of Gateway API. */
export const objectReference = object(
  'a reference',
  {
    group: required('Of the kind.', group),
    kind: required('Of what is referred to.', kindName),
    name: required('Of what is referred to.', referencedName),
    namespace: optional('Where it is. Another namespace needs a ReferenceGrant there.', namespaceName),
  },
  { isReference: true },
)

/** `LocalObjectReference` of Gateway API. */
export const localReference = object(
  'a reference',
  {
    group: required('Of the kind.', group),
    kind: required('Of what is referred to.', kindName),
    name: required('Of what is referred to.', referencedName),
  },
  { isReference: true },
)

/** `ParentReference` of Gateway API. */
export const parentReference = object('a parent', {
  group: defaulted('Of the kind.', group, GATEWAY_API_GROUP),
  kind: defaulted('`Gateway`, or `Service` for what the mesh routes.', kindName, 'Gateway'),
  name: required('Of the gateway.', referencedName),
  namespace: optional('Where it is. Default: that of the route.', namespaceName),
  sectionName: optional('One listener of it.', objectName),
  port: optional('Those listeners of it that have this port.', port),
})
export type ParentReference = ReadOf<typeof parentReference>

const TARGET_KINDS = ['Gateway', 'HTTPRoute', 'GRPCRoute', 'Service'] as const

/** `LocalPolicyTargetReferenceWithSectionName` of Gateway API, for the kinds that a policy can have. */
export function targetReference<const T extends (typeof TARGET_KINDS)[number]>(kinds: readonly T[]) {
  return object(
    'a target',
    {
      group: defaulted(
        'Of the kind; empty for `Service`.',
        choice([GATEWAY_API_GROUP, '']),
        GATEWAY_API_GROUP,
      ),
      kind: required('Of what the policy is about.', choice(kinds)),
      name: required('Of what the policy is about, in its own namespace.', referencedName),
      sectionName: optional(
        'A listener of the gateway, a rule of the route, a port of the service.',
        objectName,
      ),
    },
    {
      rules: [
        {
          message: "`group` is '' for a Service, and for no other kind",
          fix: "group: '' for Service, else leave it out",
          cel: "(self.kind == 'Service') == (self.group == '')",
          holds: ({ group, kind }) => (kind === 'Service') === (group === ''),
          at: () => ['kind'],
        },
      ],
    },
  )
}
export type TargetReference = ReadOf<ReturnType<typeof targetReference>>
