import { InstructionLimit } from '@quadrant/proto'

/** Protocols of requests; a number is the value of `RequestProtocol` in `quadrant.v1`. */
export const RequestProtocolNumber = { http1: 1, http2: 2, grpc: 3 } as const
export type RequestProtocolName = keyof typeof RequestProtocolNumber

/** How many of the requests that match are captured: of each thousand, by chance, or the first ones of each second. */
export type SamplingRate = { readonly perThousand: number } | { readonly perSecond: number }

/** Which requests are captured in full: all that is given must match. The first rule that matches is the one. */
export interface SamplingRule {
  /** Unique among the rules: letters, digits, `-`, `_` and `.`, at most 64. */
  readonly id: string
  /** Name of a header of the request, any case. */
  readonly header?: string
  /** The header's whole value, any case; without it whatever the value is. */
  readonly value?: string
  /** Glob (`*`, `?`) for the serving service. */
  readonly service?: string
  /** Glob for the route, as it is told: `/users/{id}*`. */
  readonly route?: string
  readonly protocol?: RequestProtocolName
  /** Default: all that match. */
  readonly rate?: SamplingRate
  /** Most captures a second of this rule; what is over it is counted as lost. Default: only the limit for all rules holds. */
  readonly capturesPerSecondMax?: number
}

/** What a set of rules may hold. Names and values are compared in the kernel, in buffers of these sizes. */
export const SamplingLimit = {
  rules: InstructionLimit.samplingRules,
  idLength: 64,
  headerBytes: 32,
  valueBytes: 32,
  globLength: 128,
  perSecond: 1_000_000,
  capturesPerSecond: InstructionLimit.capturesPerSecond,
} as const

/** Captures a second of a host over all rules, where nothing else is asked for. */
export const CAPTURES_PER_SECOND_DEFAULT = 100
