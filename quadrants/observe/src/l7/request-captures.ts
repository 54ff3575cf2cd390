import { create } from '@bufbuild/protobuf'
import type { Diagnostic } from '@quadrant/core'
import { type RequestInstruction, RequestInstructionSchema } from '@quadrant/proto'
import type { HostClock } from '../discover/host-clock.ts'
import type { SocketEnds } from '../model/socket-ends.ts'
import { CapturePairs } from './capture-pairs.ts'
import type { CapturedExchange } from './captured-exchange.ts'
import { exchangeOfHeads } from './captured-heads.ts'
import { CapturesUnderWay, type NotedCapture } from './captures-under-way.ts'
import { requestCaptureOf } from './request-capture.ts'
import type { EndFinder, IsWatched, RequestEnds } from './request-ends.ts'
import type { RequestLog } from './request-log.ts'
import type { CaptureRules, RequestSource, ScopeOf, SeriesPlace } from './request-source.ts'
import { routeOf } from './route-of.ts'
import type { RouteTable } from './route/route-table.ts'
import { checkSamplingRules } from './sampling/check-sampling.ts'
import { RouteConfirmation } from './sampling/route-confirmation.ts'
import { protocolNameOf, samplingRuleOf } from './sampling/rule-message.ts'
import { CAPTURES_PER_SECOND_DEFAULT, type SamplingRule } from './sampling/sampling-rule.ts'
import { samplingScope } from './sampling/sampling-scope.ts'
import { SamplingWindows } from './sampling/sampling-windows.ts'
import { SCOPE_ELSEWHERE } from './sampling/table-layout.ts'
import type { CaptureStream } from './stream/stream-requests.ts'

/** Generations whose captures may still come. */
const GENERATIONS_MAX = 16

export interface CaptureParts {
  readonly clock: HostClock
  readonly finder: EndFinder
  readonly routes: RouteTable
  readonly log: RequestLog
  /** Both ends of a connection that lives, by a cookie. */
  readonly socketOf: (cookie: number) => SocketEnds | undefined
  /** Of each source, whether what it sees is seen at a server's own side. */
  readonly isWatched: (source: CapturedExchange['source']) => IsWatched
  /** Whether the requests of a group are captured by another source than packets. */
  readonly isElsewhere: (cgroupId: number) => boolean
  /** Whoever captures beside packets. */
  readonly streams: ReadonlyMap<CapturedExchange['source'], CaptureStream>
  /** Whether a request of these ends is to be told. */
  readonly isAsked: (place: SeriesPlace, ends: RequestEnds) => boolean
}

interface Generation {
  readonly rules: readonly SamplingRule[]
  readonly confirmation: RouteConfirmation
}

type Captured = NotedCapture<SocketEnds | undefined>

/** Requests that are captured in full: which the kernel is to take, and what becomes of those that it took. */
export class RequestCaptures {
  readonly #parts: CaptureParts
  readonly #pairs: CapturePairs<SocketEnds | undefined>
  readonly #underWay = new CapturesUnderWay<SocketEnds | undefined>()
  readonly #generations = new Map<number, Generation>()
  /** Wait for the edges of the window. */
  #ended: Captured[] = []
  #rulesText = rulesText(create(RequestInstructionSchema))
  #seenCount = 0
  #toldCount = 0
  #batchLimitCount = 0
  #oldRulesCount = 0
  /** Of packets, while their group changed over to another source. */
  #elsewhereCount = 0
  /** Of the rules that were set last. */
  generation = 0
  /** Of those that are followed, and since when: ns of the Unix epoch. */
  generationInForce = 0
  effectiveNs = 0
  /** Some rule looks at a field. */
  scans = false
  /** What is wrong with the rules. */
  problems: readonly Diagnostic[] = []

  constructor(parts: CaptureParts) {
    this.#parts = parts
    this.#pairs = new CapturePairs(
      ({ request, response, note }) =>
        void this.#ended.push({ exchange: exchangeOfHeads(request, response), note }),
    )
  }

  /** Captures that were told; cumulative. */
  get toldCount(): number {
    return this.#toldCount
  }

  /** Captures that were not, because of a limit of ours; cumulative. */
  get limitCount(): number {
    const streams = this.#parts.streams
      .values()
      .reduce((sum, { captureLossCount }) => sum + captureLossCount, 0)
    return this.#waitingLimitCount + this.#batchLimitCount + streams
  }

  /** Follows the rules of an instruction, where they are others than before. */
  configure(source: RequestSource, instruction: RequestInstruction): void {
    const text = rulesText(instruction)
    if (text === this.#rulesText) return
    this.#rulesText = text
    const checked = checkSamplingRules(instruction.samplingRules.map((rule) => samplingRuleOf(rule)))
    this.problems = checked.diagnostics
    const rules = checked.value
    const { protocols } = instruction
    const captured = {
      rules,
      protocols: protocols.length === 0 ? undefined : protocols.flatMap((each) => protocolNameOf(each) ?? []),
      capturesPerSecondMax: instruction.capturesPerSecondMax || CAPTURES_PER_SECOND_DEFAULT,
      secrets: { headers: instruction.redactedHeaders, parameters: instruction.redactedParameters },
    }
    this.generation = source.setRules(captured, this.#scopeOf('packets'))
    this.#setStreamRules(captured, source.windows)
    this.#see(source)
    this.scans = rules.some(({ header }) => header !== undefined)
    this.#generations.set(this.generation, { rules, confirmation: new RouteConfirmation(rules) })
    for (const generation of this.#generations.keys())
      if (this.#generations.size > GENERATIONS_MAX) this.#generations.delete(generation)
  }

  /** Notes since when the rules that were set are followed. */
  #see(source: RequestSource): void {
    if (this.generationInForce === this.generation || source.generationInForce !== this.generation) return
    this.generationInForce = this.generation
    this.effectiveNs = this.#parts.clock.epochNs()
  }

  /** A source that is opened anew has no rules. */
  forgetSource(): void {
    this.#rulesText = rulesText(create(RequestInstructionSchema))
    this.scans = false
    this.problems = []
    // The windows go with their source.
    this.#setStreamRules({ rules: [] }, new SamplingWindows())
  }

  #setStreamRules(rules: CaptureRules, windows: SamplingWindows): void {
    for (const [source, stream] of this.#parts.streams)
      stream.setRules({ rules, generation: this.generation, windows, scopeOf: this.#scopeOf(source) })
  }

  poll(source: RequestSource): void {
    source.pollHeads((head) => {
      if (this.#parts.isElsewhere(head.place.cgroupId)) {
        if (head.side === 'request') this.#elsewhereCount++
        return
      }
      // A connection may be gone by the time when its response is here.
      if (head.side === 'request') this.#pairs.request(head, this.#parts.socketOf(head.connection))
      else this.#pairs.response(head)
    })
    source.pollExchanges((exchange) => {
      if (this.#parts.isElsewhere(exchange.place.cgroupId)) this.#elsewhereCount++
      else this.add(exchange)
    })
    for (const stream of this.#parts.streams.values()) stream.takeCaptures((exchange) => this.add(exchange))
    this.#see(source)
  }

  /** Tells an exchange when it is over, or long after it began. */
  add(exchange: CapturedExchange): void {
    this.#underWay.add(exchange, this.#parts.socketOf(exchange.connection))
  }

  /** When the edges of a window are told. */
  tick(source: RequestSource): void {
    source.renewScopes(this.#scopeOf('packets'))
    for (const stream of this.#parts.streams.values()) stream.renewScopes()
    const nowNs = this.#parts.clock.monotonicNs()
    this.#pairs.expire(nowNs)
    const ended = [...this.#ended, ...this.#underWay.take(nowNs)]
    this.#ended = []
    for (const captured of ended) this.#tell(captured)
  }

  drops() {
    return [
      { stage: 'tracer.requests', reason: 'capture-waiting-limit', count: this.#waitingLimitCount },
      { stage: 'tracer.requests', reason: 'capture-batch-limit', count: this.#batchLimitCount },
      { stage: 'tracer.requests', reason: 'capture-old-rules', count: this.#oldRulesCount },
      { stage: 'tracer.requests', reason: 'capture-changed-hands', count: this.#elsewhereCount },
    ]
  }

  /** Captures that came, and those that were told or wait. */
  get counts(): { readonly seen: number; readonly kept: number } {
    const seen = this.#seenCount + this.#waitingLimitCount + this.#elsewhereCount
    return { seen, kept: this.#seenCount - this.#batchLimitCount - this.#oldRulesCount }
  }

  get #waitingLimitCount(): number {
    return this.#pairs.limitCount + this.#underWay.limitCount
  }

  #tell({ exchange, note }: Captured): void {
    const { clock, log } = this.#parts
    const socket = this.#parts.socketOf(exchange.connection) ?? note
    const ends = this.#endsOf(exchange, socket)
    if (ends === undefined || !this.#parts.isAsked(exchange.place, ends)) return
    const generation = this.#generations.get(exchange.generation)
    const rule = generation?.rules[exchange.rule]
    if (generation === undefined || rule === undefined) {
      this.#seenCount++
      this.#oldRulesCount++
      return
    }
    const route = this.#routeOf(exchange, ends.service)
    if (!generation.confirmation.confirms(exchange.rule, route, exchange.startNs)) return
    this.#seenCount++
    const epochOffsetNs = clock.epochNs() - clock.monotonicNs()
    const capture = requestCaptureOf({ exchange, route, rule: rule.id, socket, epochOffsetNs })
    if (log.addCapture(capture, { ends, process: this.#processOf(exchange, ends, socket) })) this.#toldCount++
    else this.#batchLimitCount++
  }

  #routeOf({ path, protocol }: CapturedExchange, service: string): string {
    // It is counted among all requests, too.
    return routeOf(this.#parts.routes.of(service), { path, isGrpc: protocol === 'grpc' }, 0)
  }

  /** Whose socket it is; undefined where one of several stands for them. */
  #processOf(
    { place }: CapturedExchange,
    { client, server, isExact }: RequestEnds,
    socket: SocketEnds | undefined,
  ): number | undefined {
    if (socket !== undefined && socket.process !== -1) return socket.process
    const own = place.side === 'server' ? server : client
    return isExact === true && typeof own === 'number' && own >= 0 ? own : undefined
  }

  /** Undefined where the other end's side tells it. */
  #endsOf({ place, source }: CapturedExchange, socket: SocketEnds | undefined): RequestEnds | undefined {
    const { finder } = this.#parts
    const isWatched = this.#parts.isWatched(source)
    const placed = () => {
      const found = finder.find(place, isWatched) ?? finder.unknown(place)
      return found === 'elsewhere' ? undefined : found
    }
    if (socket === undefined || socket.process === -1) {
      return placed()
    }
    const far = socket.peerProcess === -1 ? { address: socket.remote } : socket.peerProcess
    const service = (end: typeof far) =>
      typeof end === 'number' ? finder.serviceOf(end) : place.serverAddress
    if (place.side === 'server')
      return { client: far, server: socket.process, service: service(socket.process) }
    const isToldElsewhere = typeof far === 'number' ? isWatched(service(far), [far]) : placed() === undefined
    if (isToldElsewhere) return undefined
    return { client: socket.process, server: far, service: service(far) }
  }

  /** Which rules are for what a source sees at a place. */
  #scopeOf(source: CapturedExchange['source']): ScopeOf {
    const { finder, isElsewhere } = this.#parts
    const isWatched = this.#parts.isWatched(source)
    return (place, rules) => {
      if (source === 'packets' && isElsewhere(place.cgroupId)) return SCOPE_ELSEWHERE
      const found = finder.find({ ...place, peer: 'loopback' }, isWatched)
      if (found === 'elsewhere') return SCOPE_ELSEWHERE
      return found === undefined || place.side === 'client' ? 0 : samplingScope(rules, found.service)
    }
  }
}

/** All of an instruction that decides what is captured. */
function rulesText(instruction: RequestInstruction): string {
  const { samplingRules, protocols, capturesPerSecondMax, redactedHeaders, redactedParameters } = instruction
  return JSON.stringify([samplingRules, protocols, capturesPerSecondMax, redactedHeaders, redactedParameters])
}
