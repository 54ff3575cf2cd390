import { choice, defaulted, duration, list, number, object, optional } from '../schema/declare.ts'
import { durationMs } from '../schema/units.ts'
import { DAY_MS, percent, positiveCount } from './limits.ts'
import { policyKind } from './policy-kind.ts'

const REASONS = [
  'ConnectFailure',
  'Reset',
  'RefusedStream',
  'GatewayError',
  'ServerError',
  'RetriableClientError',
  'GrpcCancelled',
  'GrpcDeadlineExceeded',
  'GrpcInternal',
  'GrpcResourceExhausted',
  'GrpcUnavailable',
] as const

const pause = duration({ msMin: 1, msMax: 600_000 })

const backoff = object(
  'backoff',
  {
    base: defaulted(
      'The first pause, of which a random part is waited; it doubles each time.',
      pause,
      '25ms',
    ),
    max: optional('No pause is longer. Default: ten times `base`.', pause),
  },
  {
    rules: [
      {
        message: '`max` is not less than `base`',
        cel: '!has(self.max) || duration(self.max) >= duration(self.base)',
        holds: ({ base, max }) => max === undefined || durationMs(max)! >= durationMs(base)!,
        at: () => ['max'],
      },
    ],
  },
)

const budget = object('a budget', {
  percent: defaulted('Of active requests may be attempts again.', percent, 20),
  concurrencyMin: defaulted('So many may be, however few requests there are.', positiveCount, 3),
})

export const retryPolicy = policyKind({
  kind: 'RetryPolicy',
  plural: 'retrypolicies',
  shortNames: ['rtp'],
  about: 'When a request that failed is sent again.',
  example: `apiVersion: quadrant.dev/v1
kind: RetryPolicy
metadata: { name: cart, namespace: shop }
spec:
  targetRefs: [{ group: '', kind: Service, name: cart }]
  attempts: 2
  on: [ConnectFailure, GatewayError]
  backoff: { base: 50ms, max: 1s }
`,
  targets: ['Gateway', 'HTTPRoute', 'GRPCRoute', 'Service'],
  rules: {
    attempts: optional('How often it is sent again.', number({ min: 0, max: 10 })),
    on: optional('After what it is.', list(choice(REASONS), { min: 1, max: REASONS.length, isSet: true })),
    codes: optional(
      'After which statuses besides.',
      list(number({ min: 400, max: 599 }), { max: 200, isSet: true }),
    ),
    perTry: optional(
      'How long each attempt may take. Default: `backendRequest` of timeouts.',
      duration({ msMin: 1, msMax: DAY_MS }),
    ),
    backoff: optional('How long is waited between attempts.', backoff),
    budget: optional('How much of the traffic may be attempts again.', budget),
  },
  base: { attempts: 0, on: ['ConnectFailure', 'RefusedStream'] },
})
