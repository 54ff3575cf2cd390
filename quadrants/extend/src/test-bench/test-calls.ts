import { HeaderMap, Result } from '@quadrant/wasm/proxy-wasm'
import type { FilterCalls } from '../filters/thread-filters.ts'
import type { ManualClock } from './manual-clock.ts'
import type { TestAnswer } from './test-spec.ts'

const NOT_HERE = { result: Result.PARSE_FAILURE } as const

/** Answers calls of the filter with what the case says. As everywhere they come after the callback that made the call. */
export function testCalls(answers: ReadonlyMap<string, TestAnswer>, clock: ManualClock): FilterCalls {
  return {
    httpCall: ({ upstream, headers, timeoutMs }, receiver) => {
      const answer = answers.get(upstream)
      const isWhole = headers.has(':method') && headers.has(':path') && headers.has(':authority')
      if (answer === undefined || !isWhole) return { result: Result.BAD_ARGUMENT }
      const isLate = timeoutMs > 0 && answer.afterMs > timeoutMs
      const cancel = clock.later(isLate ? timeoutMs : answer.afterMs, () => {
        const given = isLate
          ? said(504, 'upstream request timeout')
          : answer.isBroken
            ? said(503, BROKEN)
            : {
                headers: fieldsOf(answer),
                body: Buffer.from(answer.body),
                trailers: HeaderMap.of(answer.trailers),
              }
        receiver.answered(given.headers, given.body, given.trailers)
      })
      return { call: { cancel } }
    },
    grpcCall: () => NOT_HERE,
    grpcStream: () => NOT_HERE,
  }
}

const BROKEN =
  'upstream connect error or disconnect/reset before headers. reset reason: connection termination'

/** As a gateway answers a filter in place of who did not. */
function said(status: number, text: string) {
  const body = Buffer.from(text)
  const headers = HeaderMap.of([
    [':status', String(status)],
    ['content-length', String(body.length)],
    ['content-type', 'text/plain'],
  ])
  return { headers, body, trailers: new HeaderMap() }
}

export function fieldsOf({ status, headers }: TestAnswer): HeaderMap {
  return HeaderMap.of([[':status', String(status)], ...lowerCased(headers)])
}

export function lowerCased(headers: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...headers].map(([name, value]) => [name.toLowerCase(), value])
}
