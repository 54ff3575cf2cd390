import {
  anything,
  choice,
  defaulted,
  duration,
  list,
  number,
  object,
  optional,
  quantity,
  required,
  text,
} from '../schema/declare.ts'
import { httpMatches } from './http-match.ts'
import { condition, objectName } from './names.ts'
import { policyKind } from './policy-kind.ts'

const digest = text({
  what: 'a digest such as sha256:…',
  pattern: /^sha256:[0-9a-f]{64}$/,
  example: `sha256:${'0'.repeat(64)}`,
})

const limits = object('limits', {
  cpu: optional('Of one callback.', duration({ msMin: 1, msMax: 10_000 })),
  memory: optional('Of one instance.', quantity({ min: 65_536, max: 4 * 2 ** 30 })),
})

const filter = object('a filter', {
  name: required('In statistics, and by which others refer to it.', objectName),
  release: required('The signed filter, as `quadrant filter push` has called it.', objectName),
  digest: optional('Only this module of it.', digest),
  configuration: optional('Given to the filter: a text as it is, anything else as JSON.', anything),
  order: defaulted('Those with less come first.', number({ min: -1000, max: 1000 }), 0),
  onFailure: defaulted('What becomes of requests while it fails.', choice(['Open', 'Closed']), 'Closed'),
  limits: optional('Default: those of its release.', limits),
  matches: optional('Which requests it sees: one match fits. None: all.', httpMatches),
  when: optional('This is true as well.', condition),
})

export const filterPolicy = policyKind({
  kind: 'FilterPolicy',
  plural: 'filterpolicies',
  shortNames: ['flp'],
  about: 'Signed WebAssembly filters (proxy-wasm) in the path of requests.',
  example: `apiVersion: quadrant.dev/v1
kind: FilterPolicy
metadata: { name: guard, namespace: shop }
spec:
  targetRefs: [{ kind: Gateway, name: web }]
  filters:
    - name: guard
      release: guard
      configuration: { deny: ['/admin'] }
      limits: { cpu: 5ms, memory: 64Mi }
`,
  targets: ['Gateway', 'HTTPRoute', 'GRPCRoute'],
  rules: {
    filters: optional(
      'By `order`, then as they stand here.',
      list(filter, { min: 1, max: 16, keys: ['name'] }),
    ),
  },
  base: {},
})
