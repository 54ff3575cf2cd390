import { SOCK_WORDS, SockWord } from '../kernel/record.ts'
import { write64 } from '../kernel/word.ts'

/** What an agent had told of a socket that may live on. */
export interface Baseline {
  readonly cookie: number
  readonly discriminator: number
  readonly flags: number
  readonly openNs: number
  readonly netns: number
  readonly family: number
  readonly protocol: number
  readonly localPort: number
  readonly remotePort: number
  /** Four words each, as in memory. */
  readonly local: readonly number[]
  readonly remote: readonly number[]
  readonly sent: number
  readonly received: number
  readonly segmentsOut: number
  readonly segmentsIn: number
  readonly retransmits: number
}

/** Looks up, once, what a checkpoint says of a socket. */
export interface BaselineSource {
  /** Whether a checkpoint was restored: sockets that it does not know were opened while nobody looked. */
  readonly restored: boolean
  take(cookie: number, discriminator: number): Baseline | undefined
}

/** For an agent that had none before it. */
export const NO_BASELINES: BaselineSource = { restored: false, take: () => undefined }

/** The sockets of a restored checkpoint that were not met again yet. */
export class WaitingBaselines implements BaselineSource {
  readonly restored: boolean
  readonly #waiting: Map<string, Baseline>

  constructor(sockets: Map<string, Baseline> | undefined) {
    this.restored = sockets !== undefined
    this.#waiting = sockets ?? new Map()
  }

  get waiting(): ReadonlyMap<string, Baseline> {
    return this.#waiting
  }

  take(cookie: number, discriminator: number): Baseline | undefined {
    if (this.#waiting.size === 0) return undefined
    const key = baselineKey(cookie, discriminator)
    const baseline = this.#waiting.get(key)
    if (baseline) this.#waiting.delete(key)
    return baseline
  }

  /** Gives up those that did not come back. */
  takeRest(): Baseline[] {
    const rest = [...this.#waiting.values()]
    this.#waiting.clear()
    return rest
  }
}

/** Names a socket, or a peer of a UDP socket, for as long as the kernel runs. */
export function baselineKey(cookie: number, discriminator: number): string {
  return `${cookie}/${discriminator}`
}

/** The socket as a record, for a row that tells of its loss. */
export function recordOf(baseline: Baseline): Uint32Array {
  const words = new Uint32Array(SOCK_WORDS)
  words[SockWord.head] = (baseline.family << 8) | (baseline.protocol << 16)
  words[SockWord.netns] = baseline.netns
  write64(words, SockWord.cookie, baseline.cookie)
  words.set(baseline.local, SockWord.local)
  words.set(baseline.remote, SockWord.remote)
  words[SockWord.ports] = baseline.localPort | (baseline.remotePort << 16)
  return words
}
