import type { CaptureRules } from '../request-source.ts'
import { literalStart, protocolBits, thresholdOf } from './encode-table.ts'
import { CAPTURES_PER_SECOND_DEFAULT, type RequestProtocolName } from './sampling-rule.ts'
import { SamplingWindows } from './sampling-windows.ts'
import { SCOPE_ELSEWHERE } from './table-layout.ts'

/** Names and values as they came. */
export type FieldList = readonly (readonly [name: string, value: string])[]

/** A request as rules look at it, whoever read it. */
export interface SampledRequest {
  /** Undefined: one of HTTP/2, of which it is not known whether it is gRPC. */
  readonly protocol: RequestProtocolName | undefined
  /** With its query, or of gRPC the method's; undefined where it is not known, and then no rule for a route is for it. */
  readonly path: string | undefined
  /** Of HTTP/2 what `Host` is in HTTP/1. */
  readonly authority: string | undefined
  /** Without what is not known: no rule for a header is for a request that may have it. */
  readonly fields: FieldList
  /** Which rules are for the service that answers, as `samplingScope` says. */
  readonly scope: number
  /** First byte, CLOCK_MONOTONIC. */
  readonly atNs: number
}

export interface RequestSamplerOptions {
  /** What is read by who asks this one. */
  readonly protocols: readonly RequestProtocolName[]
  /** What counts against the caps, until `set` gives others. Default: of its own. */
  readonly windows?: SamplingWindows
  /** From 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number
}

interface Rule {
  readonly header: string | undefined
  readonly value: string | undefined
  /** Undefined: for all routes. User space looks again, when it knows the route. */
  readonly path: string | undefined
  readonly scope: number
  readonly protocols: number
  readonly threshold: number
  /** 0: all. */
  readonly perSecond: number
  readonly cap: number
}

/**
 * Says which requests are captured in full: what bpf/http-capture.h does for HTTP/1 in packets, for requests that are read
 * in user space. The first rule whose every condition holds is the one; where its rate says no, no other is asked.
 */
export class RequestSampler {
  readonly #protocols: number
  #windows: SamplingWindows
  readonly #random: () => number
  #rules: readonly Rule[] = []
  #capOfAll = 0
  /** Of services that a rule is for; whether one is for all. */
  #scopes = 0
  #isOpen = false
  #generation = 0
  #cappedCount = 0
  #takenCount = 0

  constructor({ protocols, windows = new SamplingWindows(), random = Math.random }: RequestSamplerOptions) {
    this.#protocols = protocolBits(protocols)
    this.#windows = windows
    this.#random = random
  }

  /** Of the rules that hold. */
  get generation(): number {
    return this.#generation
  }

  /** Requests that a rule asked for and took; those that a cap kept out. Cumulative. */
  get takenCount(): number {
    return this.#takenCount
  }

  get cappedCount(): number {
    return this.#cappedCount
  }

  /** Whether there is a rule at all. */
  get hasRules(): boolean {
    return this.#rules.length > 0
  }

  /** These hold from the next request on. @param windows in the place of those before */
  set(
    { rules, protocols, capturesPerSecondMax }: CaptureRules,
    generation: number,
    windows: SamplingWindows = this.#windows,
  ): void {
    this.#windows = windows
    const read = this.#protocols & protocolBits(protocols)
    this.#generation = generation
    this.#capOfAll = capturesPerSecondMax ?? CAPTURES_PER_SECOND_DEFAULT
    // Also those that are for other protocols: the place of a rule is its bit in a scope.
    this.#rules = rules.map((rule, place) => ({
      header: rule.header,
      value: rule.value,
      path: rule.route === undefined ? undefined : literalStart(rule.route),
      scope: rule.service === undefined ? 0 : (1 << place) >>> 0,
      protocols: read & protocolBits(rule.protocol && [rule.protocol]),
      threshold: thresholdOf(rule),
      perSecond: rule.route === undefined && rule.rate && 'perSecond' in rule.rate ? rule.rate.perSecond : 0,
      cap: rule.capturesPerSecondMax ?? 0,
    }))
    const live = this.#rules.filter((rule) => rule.protocols !== 0)
    this.#isOpen = live.some(({ scope }) => scope === 0)
    this.#scopes = live.reduce((bits, { scope }) => bits | scope, 0)
  }

  /** Whether some rule may be for requests of a service: only then is anybody to collect what rules look at. */
  mayAsk(scope: number): boolean {
    return (this.#isOpen || (this.#scopes & scope) !== 0) && (scope & SCOPE_ELSEWHERE) === 0
  }

  /** Place of the rule that takes this request; undefined where none does. */
  choose(request: SampledRequest): number | undefined {
    if (!this.mayAsk(request.scope)) return undefined
    // What may be either is for rules that are for both.
    const { protocol } = request
    const bits = protocolBits(protocol === undefined ? ['http2', 'grpc'] : [protocol])
    const place = this.#rules.findIndex((rule) => (rule.protocols & bits) === bits && matches(rule, request))
    const rule = this.#rules[place]
    if (rule === undefined || this.#random() * 2 ** 32 >= rule.threshold + 1) return undefined
    if (rule.perSecond !== 0 && !this.#windows.isFirst(place, rule.perSecond, request.atNs)) return undefined
    if (!this.#windows.take(place, rule.cap, this.#capOfAll, request.atNs)) {
      this.#cappedCount++
      return undefined
    }
    this.#takenCount++
    return place
  }
}

function matches(rule: Rule, request: SampledRequest): boolean {
  if (rule.scope !== 0 && (rule.scope & request.scope) === 0) return false
  if (rule.path !== undefined && !mayBegin(request.path, rule.path)) return false
  return rule.header === undefined || hasField(rule.header, rule.value, request)
}

/** A letter of a path may be written as its number; the route is looked at again. */
function mayBegin(path: string | undefined, start: string): boolean {
  if (path === undefined) return false
  return path.startsWith(start) || !path.startsWith('/') || path.slice(0, start.length).includes('%')
}

function hasField(header: string, value: string | undefined, { fields, authority }: SampledRequest): boolean {
  for (const [name, text] of fields)
    if (name.length === header.length && name.toLowerCase() === header && isValue(text, value)) return true
  // RFC 9113, section 8.3.1: clients send it in place of the field.
  return header === 'host' && authority !== undefined && isValue(authority, value)
}

function isValue(text: string, value: string | undefined): boolean {
  return value === undefined || (text.length >= value.length && text.trim().toLowerCase() === value)
}
