import { create } from '@bufbuild/protobuf'
import type { Diagnostic } from '@quadrant/core'
import { type RequestInstruction, RequestInstructionSchema } from '@quadrant/proto'
import type { HostClock } from '../discover/host-clock.ts'
import type { SocketEnds } from '../model/socket-ends.ts'
import { type CapturePair, CapturePairs } from './capture-pairs.ts'
import { requestCaptureOf } from './request-capture.ts'
import type { EndFinder, RequestEnds } from './request-ends.ts'
import type { RequestLog } from './request-log.ts'
import type { CapturedHead, RequestSource, ScopeOf, SeriesPlace } from './request-source.ts'
import type { RouteTable } from './route/route-table.ts'
import { checkReadableRules } from './sampling/check-readable.ts'
import { checkSamplingRules } from './sampling/check-sampling.ts'
import { RouteConfirmation } from './sampling/route-confirmation.ts'
import { samplingRuleOf } from './sampling/rule-message.ts'
import { CAPTURES_PER_SECOND_DEFAULT, type SamplingRule } from './sampling/sampling-rule.ts'
import { samplingScope } from './sampling/sampling-scope.ts'
import { SCOPE_ELSEWHERE } from './sampling/table-layout.ts'

/** Generations whose captures may still come. */
const GENERATIONS_MAX = 16

export interface CaptureParts {
  readonly clock: HostClock
  readonly finder: EndFinder
  readonly routes: RouteTable
  readonly log: RequestLog
  /** Both ends of a connection that lives, by a cookie. */
  readonly socketOf: (cookie: number) => SocketEnds | undefined
  /** Whether requests of a service are seen at its own sockets. */
  readonly isWatched: (service: string) => boolean
  /** Whether a request of these ends is to be told. */
  readonly isAsked: (place: SeriesPlace, ends: RequestEnds) => boolean
}

interface Generation {
  readonly rules: readonly SamplingRule[]
  readonly confirmation: RouteConfirmation
}

type Pair = CapturePair<SocketEnds | undefined>

/** Requests that are captured in full: which the kernel is to take, and what becomes of those that it took. */
export class RequestCaptures {
  readonly #parts: CaptureParts
  readonly #pairs: CapturePairs<SocketEnds | undefined>
  readonly #generations = new Map<number, Generation>()
  /** Wait for the edges of the window. */
  #ended: Pair[] = []
  #rulesText = rulesText(create(RequestInstructionSchema))
  #seenCount = 0
  #toldCount = 0
  #batchLimitCount = 0
  #oldRulesCount = 0
  /** Of the rules that hold, and since when: ns of the Unix epoch. */
  generation = 0
  effectiveNs = 0
  /** Some rule looks at a field. */
  scans = false
  /** What is wrong with the rules. */
  problems: readonly Diagnostic[] = []

  constructor(parts: CaptureParts) {
    this.#parts = parts
    this.#pairs = new CapturePairs((pair) => void this.#ended.push(pair))
  }

  /** Captures that were told; cumulative. */
  get toldCount(): number {
    return this.#toldCount
  }

  /** Captures that were not, because of a limit of ours; cumulative. */
  get limitCount(): number {
    return this.#pairs.limitCount + this.#batchLimitCount
  }

  /** Follows the rules of an instruction, where they are others than before. */
  configure(source: RequestSource, instruction: RequestInstruction): void {
    const text = rulesText(instruction)
    if (text === this.#rulesText) return
    this.#rulesText = text
    const checked = checkSamplingRules(instruction.samplingRules.map((rule) => samplingRuleOf(rule)))
    const readable = checkReadableRules(checked.value)
    this.problems = [...checked.diagnostics, ...readable.diagnostics]
    const rules = readable.value
    this.generation = source.setRules(
      {
        rules,
        capturesPerSecondMax: instruction.capturesPerSecondMax || CAPTURES_PER_SECOND_DEFAULT,
        secrets: { headers: instruction.redactedHeaders, parameters: instruction.redactedParameters },
      },
      this.#scopeOf,
    )
    this.effectiveNs = this.#parts.clock.epochNs()
    this.scans = rules.some(({ header }) => header !== undefined)
    this.#generations.set(this.generation, { rules, confirmation: new RouteConfirmation(rules) })
    for (const generation of this.#generations.keys())
      if (this.#generations.size > GENERATIONS_MAX) this.#generations.delete(generation)
  }

  /** A source that is opened anew has no rules. */
  forgetSource(): void {
    this.#rulesText = rulesText(create(RequestInstructionSchema))
    this.scans = false
    this.problems = []
  }

  poll(source: RequestSource): void {
    source.pollHeads((head) => {
      // A connection may be gone by the time when its response is here.
      if (head.side === 'request') this.#pairs.request(head, this.#parts.socketOf(head.connection))
      else this.#pairs.response(head)
    })
  }

  /** When the edges of a window are told. */
  tick(source: RequestSource): void {
    source.renewScopes(this.#scopeOf)
    this.#pairs.expire(this.#parts.clock.monotonicNs())
    const ended = this.#ended
    this.#ended = []
    for (const pair of ended) this.#tell(pair)
  }

  drops() {
    return [
      { stage: 'tracer.requests', reason: 'capture-waiting-limit', count: this.#pairs.limitCount },
      { stage: 'tracer.requests', reason: 'capture-batch-limit', count: this.#batchLimitCount },
      { stage: 'tracer.requests', reason: 'capture-old-rules', count: this.#oldRulesCount },
    ]
  }

  /** Captures that came, and those that were told or wait. */
  get counts(): { readonly seen: number; readonly kept: number } {
    const seen = this.#seenCount + this.#pairs.limitCount
    return { seen, kept: seen - this.limitCount - this.#oldRulesCount }
  }

  #tell({ request, response, note }: Pair): void {
    const { clock, routes, log } = this.#parts
    const socket = this.#parts.socketOf(request.connection) ?? note
    const ends = this.#endsOf(request, socket)
    if (ends === undefined || !this.#parts.isAsked(request.place, ends)) return
    const generation = this.#generations.get(request.generation)
    const rule = generation?.rules[request.rule ?? -1]
    if (generation === undefined || rule === undefined) {
      this.#seenCount++
      this.#oldRulesCount++
      return
    }
    const route = routes.of(ends.service).routeOf(request.path)
    if (!generation.confirmation.confirms(request.rule!, route, request.atNs)) return
    this.#seenCount++
    const epochOffsetNs = clock.epochNs() - clock.monotonicNs()
    const capture = requestCaptureOf({ request, response, route, rule: rule.id, socket, epochOffsetNs })
    if (log.addCapture(capture, ends)) this.#toldCount++
    else this.#batchLimitCount++
  }

  /** Undefined where the other end's side tells it. */
  #endsOf({ place }: CapturedHead, socket: SocketEnds | undefined): RequestEnds | undefined {
    const { finder, isWatched } = this.#parts
    if (socket === undefined || socket.process === -1) {
      const found = finder.find(place, isWatched) ?? finder.unknown(place)
      return found === 'elsewhere' ? undefined : found
    }
    const far = socket.peerProcess === -1 ? { address: socket.remote } : socket.peerProcess
    const service = (end: typeof far) =>
      typeof end === 'number' ? finder.serviceOf(end) : place.serverAddress
    if (place.side === 'server')
      return { client: far, server: socket.process, service: service(socket.process) }
    if (typeof far === 'number' && isWatched(service(far))) return undefined
    return { client: socket.process, server: far, service: service(far) }
  }

  readonly #scopeOf: ScopeOf = (place, rules) => {
    const { finder, isWatched } = this.#parts
    const found = finder.find({ ...place, peer: 'loopback' }, isWatched)
    if (found === 'elsewhere') return SCOPE_ELSEWHERE
    return found === undefined || place.side === 'client' ? 0 : samplingScope(rules, found.service)
  }
}

/** All of an instruction that decides what is captured. */
function rulesText(instruction: RequestInstruction): string {
  const { samplingRules, capturesPerSecondMax, redactedHeaders, redactedParameters } = instruction
  return JSON.stringify([samplingRules, capturesPerSecondMax, redactedHeaders, redactedParameters])
}
