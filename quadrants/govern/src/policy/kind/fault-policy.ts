import { choice, defaulted, number, object, optional, required } from '../schema/declare.ts'
import { httpMatches } from './http-match.ts'
import { percent, shortDuration } from './limits.ts'
import { condition } from './names.ts'
import { policyKind } from './policy-kind.ts'

const delay = object('a delay', {
  duration: required('How long is waited.', shortDuration),
  percent: defaulted('Of requests.', percent, 100),
})

const GRPC_STATUSES = [
  'Cancelled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
] as const

const abort = object(
  'an abort',
  {
    httpStatus: optional('Of the answer.', number({ min: 200, max: 599 })),
    grpcStatus: optional('Of the answer to a call.', choice(GRPC_STATUSES)),
    percent: defaulted('Of requests.', percent, 100),
  },
  {
    rules: [
      {
        message: 'an abort has either `httpStatus` or `grpcStatus`',
        fix: 'httpStatus: 503',
        cel: 'has(self.httpStatus) != has(self.grpcStatus)',
        holds: ({ httpStatus, grpcStatus }) => (httpStatus === undefined) !== (grpcStatus === undefined),
      },
    ],
  },
)

export const faultPolicy = policyKind({
  kind: 'FaultPolicy',
  plural: 'faultpolicies',
  shortNames: ['ftp'],
  about: 'Requests are slowed or refused on purpose, to see what becomes of those who asked.',
  example: `apiVersion: quadrant.dev/v1
kind: FaultPolicy
metadata: { name: slow-cart, namespace: shop }
spec:
  targetRefs: [{ kind: HTTPRoute, name: cart }]
  delay: { duration: 2s, percent: 5 }
  when: "'x-chaos' in request.headers"
`,
  targets: ['Gateway', 'HTTPRoute', 'GRPCRoute'],
  rules: {
    delay: optional('Requests wait.', delay),
    abort: optional('Requests are answered at once.', abort),
    matches: optional('Which requests: one match fits. None: all.', httpMatches),
    when: optional('This is true as well.', condition),
  },
  base: {},
})
