import type { RuleOptions } from '../schema/declare.ts'
import { durationMs } from '../schema/units.ts'

/** Of time limits of a request and of each attempt, here and in Gateway API. */
export const notLongerThanRequest: RuleOptions<{
  readonly request?: string
  readonly backendRequest?: string
}> = {
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
