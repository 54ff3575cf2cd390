import { type CapturedExchange, ExchangeCapture } from '../captured-exchange.ts'
import type { ExchangePlace, SlotNames } from '../exchange-series.ts'
import type { ExchangeWatch, FieldBlock } from '../http2/streams/exchange-watch.ts'
import type { HttpExchange } from '../http2/streams/http-exchange.ts'
import type { SecretNames } from '../redaction/secret-names.ts'
import type { CaptureRules, SeriesPlace } from '../request-source.ts'
import { RequestSampler } from '../sampling/request-sampler.ts'
import { PEERS } from './http-tables.ts'
import type { RuleTables } from './rule-tables.ts'

/** Captures that nobody has taken yet. */
const BEGUN_MAX = 1024

/** What was captured; cumulative: asked = captured + capped + full. */
export interface Http2CaptureCounts {
  readonly captured: number
  /** More than the rules allow. */
  readonly captureCapped: number
  /** Nobody took those before in time. */
  readonly captureFull: number
}

/** Where the rules are for servers, by their slots. */
export type RuleScopes = Pick<RuleTables, 'scopeOf' | 'windows'>

/** Requests of HTTP/2 and gRPC that rules ask for, of all connections. */
export class Http2Captures {
  readonly #sampler: RequestSampler
  readonly #scopes: RuleScopes
  readonly #names: SlotNames
  #begun: ExchangeCapture[] = []
  #fullCount = 0
  /** Of what is captured from now on. */
  secrets: SecretNames = {}

  constructor(scopes: RuleScopes, names: SlotNames) {
    this.#scopes = scopes
    this.#names = names
    this.#sampler = new RequestSampler({ protocols: ['http2', 'grpc'], windows: scopes.windows })
  }

  /** Follows rules from now on. */
  set(rules: CaptureRules, generation: number): void {
    this.#sampler.set(rules, generation)
  }

  /** Whether some rule may be for requests of a server: only then fields are collected. */
  mayAsk(server: number): boolean {
    return this.#sampler.mayAsk(this.#scopes.scopeOf(server))
  }

  /** A request has begun. @param onEnd is called when it is over, where it is captured */
  begin(
    { connection, place }: { readonly connection: number; readonly place: ExchangePlace },
    exchange: HttpExchange,
    block: FieldBlock,
    onEnd: () => void,
  ): ExchangeWatch | undefined {
    const { isGrpc, path, authority, requestStartNs } = exchange
    const rule = this.#sampler.choose({
      protocol: isGrpc ? 'grpc' : block.hasUnknown ? undefined : 'http2',
      path,
      authority,
      fields: block.list,
      scope: this.#scopes.scopeOf(place.server),
      atNs: requestStartNs!,
    })
    if (rule === undefined) return undefined
    if (this.#begun.length >= BEGUN_MAX) {
      this.#fullCount++
      return undefined
    }
    const { generation } = this.#sampler
    const origin = { connection, place: this.#placeOf(place), generation, rule }
    const capture = new ExchangeCapture(exchange, block, origin, { secrets: this.secrets, onEnd })
    this.#begun.push(capture)
    return capture
  }

  /** Tells those that have begun since the last call; how many. */
  take(onExchange: (exchange: CapturedExchange) => void): number {
    const begun = this.#begun
    this.#begun = []
    for (const capture of begun) onExchange(capture)
    return begun.length
  }

  counts(): Http2CaptureCounts {
    const { takenCount, cappedCount } = this.#sampler
    const captureFull = this.#fullCount
    return { captured: takenCount - captureFull, captureCapped: cappedCount, captureFull }
  }

  #placeOf({ server, client, peer }: ExchangePlace): SeriesPlace {
    const { cgroupId, port, side, address } = this.#names.server(server)
    return {
      cgroupId,
      side,
      serverPort: port,
      serverAddress: address,
      peer: PEERS[peer] ?? 'public',
      client: this.#names.client(client),
    }
  }
}
