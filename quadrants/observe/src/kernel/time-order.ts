import { SockWord } from './record.ts'

type OnRecord = (words: Uint32Array, at: number, byteLength: number) => void

/** Words for about 3,000 records; grows when more are waiting. */
const FIRST_WORDS = 128 * 1024

/**
 * Puts records in the order of their time. Ring buffers keep it; perf buffers have one ring for each processor, so
 * that a socket's end may be read before its beginning. Records after the given moment wait for the next turn: the
 * processors that were read first may have older ones by now.
 */
export class TimeOrder {
  #words = new Uint32Array(FIRST_WORDS)
  #used = 0
  #records: Array<{ at: number; byteLength: number; ts: number }> = []

  /** Copies a record. */
  readonly add: OnRecord = (words, at, byteLength) => {
    const count = byteLength >> 2
    while (this.#used + count > this.#words.length) this.#grow()
    this.#words.set(words.subarray(at, at + count), this.#used)
    const ts = words[at + SockWord.ts + 1]! * 0x1_0000_0000 + words[at + SockWord.ts]!
    this.#records.push({ at: this.#used, byteLength, ts })
    this.#used += count
  }

  /** Tells the records up to `untilNs`, oldest first, and keeps the others. */
  deliver(untilNs: number, onRecord: OnRecord): void {
    const records = this.#records.sort((a, b) => a.ts - b.ts)
    const words = this.#words
    const kept = records.filter(({ ts }) => ts > untilNs)
    this.#records = []
    for (const { at, byteLength, ts } of records) if (ts <= untilNs) onRecord(words, at, byteLength)
    this.#used = 0
    kept.sort((a, b) => a.at - b.at)
    for (const { at, byteLength } of kept) this.add(words, at, byteLength)
  }

  #grow(): void {
    const larger = new Uint32Array(this.#words.length * 2)
    larger.set(this.#words)
    this.#words = larger
  }
}
