import { type CapturedExchange, ExchangeCapture, protocolOf } from './captured-exchange.ts'
import type { ExchangePlace, SlotNames } from './exchange-series.ts'
import type { FieldBlock, WatchExchange } from './http2/streams/exchange-watch.ts'
import type { HttpExchange } from './http2/streams/http-exchange.ts'
import type { SecretNames } from './redaction/secret-names.ts'
import { type CaptureRules, PEERS, type SeriesPlace } from './request-source.ts'
import { RequestSampler, type RequestSamplerOptions } from './sampling/request-sampler.ts'
import type { SamplingWindows } from './sampling/sampling-windows.ts'

/** Captures that nobody has taken yet. */
const BEGUN_MAX = 1024

export interface ExchangeCapturesOptions extends RequestSamplerOptions {
  /** Which rules are for a server, by its slot: see `samplingScope`. */
  readonly scopeOf: (server: number) => number
  readonly names: SlotNames
}

/** What was captured; cumulative: asked = captured + capped + full. */
export interface ExchangeCaptureCounts {
  readonly captured: number
  /** More than the rules allow. */
  readonly captureCapped: number
  /** Nobody took those before in time. */
  readonly captureFull: number
}

/** Requests that rules ask for, of all connections that are read in user space. */
export class ExchangeCaptures {
  readonly #sampler: RequestSampler
  readonly #scopeOf: (server: number) => number
  readonly #names: SlotNames
  #begun: ExchangeCapture[] = []
  #fullCount = 0
  /** Of what is captured from now on. */
  #secrets: SecretNames = {}

  constructor({ scopeOf, names, ...options }: ExchangeCapturesOptions) {
    this.#scopeOf = scopeOf
    this.#names = names
    this.#sampler = new RequestSampler(options)
  }

  /** Follows rules from now on. @param windows what counts against the caps, in the place of those before */
  set(rules: CaptureRules, generation: number, windows?: SamplingWindows): void {
    this.#secrets = rules.secrets ?? {}
    this.#sampler.set(rules, generation, windows)
  }

  /** Whether some rule may be for requests of a server. */
  mayAsk(server: number): boolean {
    return this.#sampler.hasRules && this.#sampler.mayAsk(this.#scopeOf(server))
  }

  /** A request has begun, whose header block this is. @param onEnd is called when it is over, where it is captured */
  begin(
    { connection, place }: { readonly connection: number; readonly place: ExchangePlace },
    exchange: HttpExchange,
    block: FieldBlock,
    onEnd: () => void,
  ): ExchangeCapture | undefined {
    const { path, authority, requestStartNs } = exchange
    const protocol = protocolOf(exchange)
    const rule = this.#sampler.choose({
      // Of HTTP/2, what is not known may be what says that it is gRPC.
      protocol: protocol === 'http2' && block.hasUnknown ? undefined : protocol,
      path,
      authority,
      fields: block.list,
      scope: this.#scopeOf(place.server),
      atNs: requestStartNs!,
    })
    if (rule === undefined) return undefined
    if (this.#begun.length >= BEGUN_MAX) {
      this.#fullCount++
      return undefined
    }
    const { generation } = this.#sampler
    const { source = 'packets' } = this.#names.server(place.server)
    const origin = { connection, place: this.#placeOf(place), source, generation, rule }
    const capture = new ExchangeCapture(exchange, block, origin, { secrets: this.#secrets, onEnd })
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

  counts(): ExchangeCaptureCounts {
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

/** The captures of one connection. */
export class ConnectionCaptures {
  readonly #captures: ExchangeCaptures
  readonly #connection: number
  readonly #server: number
  readonly #place: () => ExchangePlace
  #openCount = 0

  /** @param connection socket cookie @param server by its slot @param place as it is known by now */
  constructor(captures: ExchangeCaptures, connection: number, server: number, place: () => ExchangePlace) {
    this.#captures = captures
    this.#connection = connection
    this.#server = server
    this.#place = place
  }

  /** Whether all fields of its messages are asked for: a rule may be for it, or what is captured is not over. */
  get isCollecting(): boolean {
    return this.#openCount > 0 || this.#captures.mayAsk(this.#server)
  }

  readonly watch: WatchExchange = (exchange, block) => {
    const origin = { connection: this.#connection, place: this.#place() }
    const capture = this.#captures.begin(origin, exchange, block, this.#onEnd)
    if (capture) this.#openCount++
    return capture
  }

  readonly #onEnd = (): void => void this.#openCount--
}
