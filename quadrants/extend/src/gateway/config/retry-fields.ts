import {
  about,
  bool,
  bytes,
  duration,
  type Field,
  list,
  mapped,
  number,
  object,
  oneOf,
} from '@quadrant/core/config'
import { RETRY_CONDITIONS, type RetrySpec } from './route-spec.ts'
import { timeout } from './value-fields.ts'

const MINUTE_MS = 60_000

/** When a request is sent again. */
export const retry: Field<RetrySpec> = mapped(
  object('retry', {
    on: about(
      '`5xx`: no response, or one of 500 to 599. `gateway-error`: 502, 503, 504. `connect-failure`: no connection. ' +
        '`reset`: no response. `refused-stream`: the upstream has not looked at it. `retriable-4xx`: 409. ' +
        '`retriable-status-codes`: one of `statuses`. Default: connect-failure, refused-stream, gateway-error.',
      list(oneOf(RETRY_CONDITIONS, 'connect-failure')),
    ),
    statuses: about('For `retriable-status-codes`.', list(number({ default: 503, min: 100, max: 599 }))),
    retries: about('Tries after the first.', number({ default: 1, min: 0, max: 10 })),
    per_try_timeout: about('Until a response begins. 0: only the timeout of the route.', timeout(0)),
    backoff: about(
      'Before each try: at random up to `base`, twice that, four times that, and at most `max`.',
      object('backoff', {
        base: about('Of the first.', duration({ default: 25, min: 1, max: MINUTE_MS })),
        max: about('Of any.', duration({ default: 250, min: 1, max: 10 * MINUTE_MS })),
      }),
    ),
    non_idempotent: about(
      'POST and PATCH are sent again even where the upstream may have seen them.',
      bool(false),
    ),
    retry_after: about(
      'What `retry-after` says is waited for, if it is no more than `backoff.max`.',
      bool(true),
    ),
    body_bytes: about(
      'A request with a longer body is not kept, and so not sent again.',
      bytes({ default: 64 << 10, min: 0, max: 64 << 20 }),
    ),
  }),
  (read) => ({
    on: read.on.length === 0 ? ['connect-failure', 'refused-stream', 'gateway-error'] : read.on,
    statuses: read.statuses,
    retriesMax: read.retries,
    perTryTimeoutMs: read.per_try_timeout,
    backoff: { baseMs: read.backoff.base, maxMs: Math.max(read.backoff.base, read.backoff.max) },
    isNonIdempotentRetried: read.non_idempotent,
    isRetryAfterKept: read.retry_after,
    bodyBytesMax: read.body_bytes,
  }),
)
