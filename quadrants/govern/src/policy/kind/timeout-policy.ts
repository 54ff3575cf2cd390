import { duration, optional } from '../schema/declare.ts'
import { DAY_MS } from './limits.ts'
import { policyKind } from './policy-kind.ts'
import { notLongerThanRequest } from './timeout-rule.ts'

/** `0s` is none. */
const timeout = duration({ msMin: 0, msMax: DAY_MS })

export const timeoutPolicy = policyKind({
  kind: 'TimeoutPolicy',
  plural: 'timeoutpolicies',
  shortNames: ['top'],
  about: 'How long requests may take.',
  example: `apiVersion: quadrant.dev/v1
kind: TimeoutPolicy
metadata: { name: cart, namespace: shop }
spec:
  targetRefs: [{ kind: HTTPRoute, name: cart }]
  request: 3s
  backendRequest: 1s
`,
  targets: ['Gateway', 'HTTPRoute', 'GRPCRoute', 'Service'],
  rules: {
    request: optional('From the first byte of the request to the last of the answer. `0s`: none.', timeout),
    backendRequest: optional('Of each attempt. `0s`: none.', timeout),
    idle: optional('While neither side sends anything. `0s`: none.', timeout),
    connect: optional('Until a connection to the backend stands.', duration({ msMin: 1, msMax: 600_000 })),
  },
  between: [notLongerThanRequest],
  base: { request: '15s', idle: '5m', connect: '5s' },
})
