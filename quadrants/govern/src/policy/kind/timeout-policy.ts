import { duration, optional, type RuleOptions } from '../schema/declare.ts'
import { durationMs } from '../schema/units.ts'
import { DAY_MS } from './limits.ts'
import { policyKind } from './policy-kind.ts'

/** `0s` is none. */
const timeout = duration({ msMin: 0, msMax: DAY_MS })

const notLonger: RuleOptions<{ readonly request?: string; readonly backendRequest?: string }> = {
  message: '`backendRequest` is not longer than `request`',
  fix: 'make request longer',
  cel: "!(has(self.request) && has(self.backendRequest) && duration(self.request) != duration('0s') && duration(self.backendRequest) > duration(self.request))",
  holds: ({ request, backendRequest }) =>
    request === undefined ||
    backendRequest === undefined ||
    durationMs(request) === 0 ||
    durationMs(backendRequest)! <= durationMs(request)!,
  at: () => ['backendRequest'],
}

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
  between: [notLonger],
  base: { request: '15s', idle: '5m', connect: '5s' },
})
