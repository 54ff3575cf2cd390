import { RULES_MAX, WINDOW_BYTES, WindowOffset, WINDOWS_BYTES } from './table-layout.ts'

const NS_PER_SECOND = 1_000_000_000

/**
 * What was captured in this second, by rule and over all rules: `struct sampling_window` of bpf/sampling.h. The kernel's
 * programs keep it for HTTP/1; who shares their memory shares their caps.
 */
export class SamplingWindows {
  readonly #ns: BigUint64Array
  readonly #words: Uint32Array

  /** @param bytes the windows, one a rule and one of all; 8-byte aligned. Default: memory of its own */
  constructor(bytes: Uint8Array = new Uint8Array(WINDOWS_BYTES)) {
    this.#ns = new BigUint64Array(bytes.buffer, bytes.byteOffset, WINDOWS_BYTES / 8)
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, WINDOWS_BYTES / 4)
  }

  /** Whether a request is one of the first ones of its second. @param atNs CLOCK_MONOTONIC */
  isFirst(place: number, perSecond: number, atNs: number): boolean {
    this.#begin(place, atNs)
    return Atomics.add(this.#words, wordOf(place, WindowOffset.first), 1) < perSecond
  }

  /** Whether the caps of a rule and of all rules allow one more. @param cap 0: none of its own */
  take(place: number, cap: number, capOfAll: number, atNs: number): boolean {
    this.#begin(place, atNs)
    this.#begin(RULES_MAX, atNs)
    const taken = (at: number) => Atomics.add(this.#words, wordOf(at, WindowOffset.taken), 1)
    if (cap !== 0 && taken(place) >= cap) return false
    return taken(RULES_MAX) < capOfAll
  }

  /** Other rules hold: what all of them took in this second still counts. */
  forgetRules(): void {
    this.#words.fill(0, 0, (RULES_MAX * WINDOW_BYTES) / 4)
  }

  /** A request of a second that is over already counts into the newest one. */
  #begin(place: number, atNs: number): void {
    const at = (place * WINDOW_BYTES) / 8
    if (atNs - Number(Atomics.load(this.#ns, at)) < NS_PER_SECOND) return
    Atomics.store(this.#ns, at, BigInt(Math.max(0, Math.floor(atNs))))
    Atomics.store(this.#words, wordOf(place, WindowOffset.first), 0)
    Atomics.store(this.#words, wordOf(place, WindowOffset.taken), 0)
  }
}

function wordOf(place: number, offset: number): number {
  return (place * WINDOW_BYTES + offset) / 4
}
