import { defaulted, number, object, optional } from '../schema/declare.ts'
import { durationMs } from '../schema/units.ts'
import { count, positiveCount, shortDuration } from './limits.ts'
import { policyKind } from './policy-kind.ts'

const outlier = object(
  'outlier detection',
  {
    consecutiveErrors: optional('After so many errors in a row an endpoint is left out.', positiveCount),
    consecutiveGatewayErrors: optional('After so many of 502, 503 and 504.', positiveCount),
    interval: defaulted('How often it is looked.', shortDuration, '10s'),
    ejectionTime: defaulted(
      'How long it is left out the first time; then twice as long, and so on.',
      shortDuration,
      '30s',
    ),
    ejectionTimeMax: defaulted('No longer than this.', shortDuration, '5m'),
    ejectionPercentMax: defaulted('No more of the endpoints than this.', number({ min: 0, max: 100 }), 10),
  },
  {
    rules: [
      {
        message: '`ejectionTimeMax` is not less than `ejectionTime`',
        cel: 'duration(self.ejectionTimeMax) >= duration(self.ejectionTime)',
        holds: ({ ejectionTime, ejectionTimeMax }) =>
          durationMs(ejectionTimeMax)! >= durationMs(ejectionTime)!,
        at: () => ['ejectionTimeMax'],
      },
    ],
  },
)

export const circuitBreakerPolicy = policyKind({
  kind: 'CircuitBreakerPolicy',
  plural: 'circuitbreakerpolicies',
  shortNames: ['cbp'],
  about: 'How much goes to a service at once, and which endpoints are left out for a while.',
  example: `apiVersion: quadrant.dev/v1
kind: CircuitBreakerPolicy
metadata: { name: cart, namespace: shop }
spec:
  targetRefs: [{ group: '', kind: Service, name: cart }]
  requestsMax: 200
  outlier: { consecutiveErrors: 5 }
`,
  targets: ['Service', 'Gateway'],
  rules: {
    connectionsMax: optional('At once.', positiveCount),
    pendingRequestsMax: optional('That wait for a connection.', count),
    requestsMax: optional('At once.', positiveCount),
    retriesMax: optional('At once.', count),
    requestsPerConnectionMax: optional('Then another connection is made.', positiveCount),
    outlier: optional('Endpoints that fail are left out.', outlier),
  },
  base: { connectionsMax: 1024, pendingRequestsMax: 1024, requestsMax: 1024, retriesMax: 3 },
})
