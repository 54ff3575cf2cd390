import { ResponseFlag } from '../access-log/response-flag.ts'
import type { FaultSpec } from '../config/guard-spec.ts'
import { compileCondition, type Condition } from './condition.ts'
import type { RequestView } from './expression/request-view.ts'
import type { GuardCounts } from './guard-counts.ts'
import type { Verdict } from './verdict.ts'

/** Requests that wait or fail on purpose. Both draws are made before either has an effect. */
export class Fault {
  readonly #spec: FaultSpec
  readonly #fits: Condition | undefined
  readonly #counts: GuardCounts
  readonly #random: () => number

  constructor(spec: FaultSpec, random: () => number, counts: GuardCounts) {
    this.#spec = spec
    this.#fits = compileCondition(spec.condition)
    this.#random = random
    this.#counts = counts
  }

  delay(request: RequestView): Verdict | undefined {
    const { delay } = this.#spec
    if (delay === undefined || !this.#hits(delay.share, request)) return undefined
    this.#counts.add('delayed', 'fault')
    return { kind: 'delay', ms: delay.ms, flags: ResponseFlag.delayInjected }
  }

  abort(request: RequestView): Verdict | undefined {
    const { abort } = this.#spec
    if (abort === undefined || !this.#hits(abort.share, request)) return undefined
    this.#counts.add('aborted', 'fault')
    return {
      kind: 'reply',
      failure: {
        status: abort.status,
        body: 'fault filter abort',
        flags: ResponseFlag.faultInjected,
        details: 'fault_filter_abort',
      },
      ...(abort.grpcStatus === undefined ? {} : { grpcStatus: abort.grpcStatus }),
    }
  }

  #hits(share: number, request: RequestView): boolean {
    return (this.#fits === undefined || this.#fits(request)) && (share >= 1 || this.#random() < share)
  }
}
