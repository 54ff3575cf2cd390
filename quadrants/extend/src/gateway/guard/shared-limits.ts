import type { BucketSpec, LimitBucket, LimitStore } from './limit-store.ts'

const SETS = 8192
const WAYS = 8
const SEED_WORDS = 2

/**
 * Limits that all threads of a gateway count together. A table of 65,536 buckets, each two 64-bit words that are changed as
 * a whole, so that no thread ever waits for another, whether or not that one is still alive:
 *
 *     word 0   hash of limit and key; 0: free
 *     word 1   filled at (32 bits, milliseconds) | tokens (32 bits)
 *
 * A bucket may be in eight places; where all are taken the one that was filled longest ago is forgotten. Two values with the
 * same 64 bits would count together: the hash has a seed that nobody outside knows.
 */
export class SharedLimits implements LimitStore {
  readonly #words: BigInt64Array
  readonly #seeds: readonly [number, number]
  readonly #nowMs: () => number

  /** @param nowMs of a clock that only grows, and is the same in all threads */
  constructor(buffer: SharedArrayBuffer, nowMs: () => number) {
    const seeds = new Int32Array(buffer, 0, SEED_WORDS * 2)
    this.#seeds = [seeds[0]!, seeds[1]!]
    this.#words = new BigInt64Array(buffer, SEED_WORDS * 8)
    this.#nowMs = nowMs
  }

  /** For all threads. @param seeds that nobody can guess */
  static create(seeds: readonly [number, number]): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer((SEED_WORDS + SETS * WAYS * 2) * 8)
    new Int32Array(buffer).set(seeds)
    return buffer
  }

  bucketOf(id: string, key: string, spec: BucketSpec, evicted: () => void): LimitBucket {
    const text = `${id}\0${key}`
    const low = hash32(text, this.#seeds[0])
    const high = hash32(text, this.#seeds[1])
    const hash = BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)) || 1n
    const first = (low % SETS) * WAYS
    const now = this.#now()
    const index = this.#find(first, hash) ?? this.#insert(first, hash, spec, now, evicted)
    return new SharedBucket(this.#words, index, spec, () => this.#now())
  }

  /** What nobody asks for is forgotten when its place is needed. */
  keepOnly(): void {}

  #now(): number {
    return Math.floor(this.#nowMs()) >>> 0
  }

  #find(first: number, hash: bigint): number | undefined {
    for (let way = 0; way < WAYS; way++)
      if (Atomics.load(this.#words, (first + way) * 2) === hash) return (first + way) * 2
    return undefined
  }

  #insert(first: number, hash: bigint, { burst }: BucketSpec, now: number, evicted: () => void): number {
    for (let way = 0; way < WAYS; way++) {
      const index = (first + way) * 2
      const before = Atomics.compareExchange(this.#words, index, 0n, hash)
      if (before === 0n) {
        Atomics.store(this.#words, index + 1, stateOf(now, burst))
        return index
      }
      // Another thread was faster.
      if (before === hash) return index
    }
    let oldest = first * 2
    let oldestAge = -1
    for (let way = 0; way < WAYS; way++) {
      const index = (first + way) * 2
      const age = (now - filledOf(Atomics.load(this.#words, index + 1))) >>> 0
      if (age > oldestAge) {
        oldest = index
        oldestAge = age
      }
    }
    Atomics.store(this.#words, oldest, hash)
    Atomics.store(this.#words, oldest + 1, stateOf(now, burst))
    evicted()
    return oldest
  }
}

class SharedBucket implements LimitBucket {
  readonly #words: BigInt64Array
  readonly #index: number
  readonly #spec: BucketSpec
  readonly #now: () => number

  constructor(words: BigInt64Array, index: number, spec: BucketSpec, now: () => number) {
    this.#words = words
    this.#index = index
    this.#spec = spec
    this.#now = now
  }

  take(): boolean {
    return this.#change(-1)
  }

  give(): void {
    this.#change(1)
  }

  #change(by: -1 | 1): boolean {
    const { burst, perInterval, intervalMs } = this.#spec
    const at = this.#index + 1
    for (;;) {
      const before = Atomics.load(this.#words, at)
      let filled = filledOf(before)
      let tokens = Number(BigInt.asUintN(32, before))
      const intervals = Math.floor(((this.#now() - filled) >>> 0) / intervalMs)
      if (intervals > 0) {
        tokens = Math.min(burst, tokens + intervals * perInterval)
        filled = (filled + intervals * intervalMs) >>> 0
      }
      if (by === -1 && tokens < 1) return false
      const after = stateOf(filled, Math.min(burst, tokens + by))
      if (Atomics.compareExchange(this.#words, at, before, after) === before) return true
    }
  }
}

function stateOf(filledMs: number, tokens: number): bigint {
  return BigInt.asIntN(64, (BigInt(filledMs) << 32n) | BigInt(tokens))
}

function filledOf(state: bigint): number {
  return Number(BigInt.asUintN(32, state >> 32n))
}

/** Murmur3's finaliser over each character, with a seed. */
function hash32(text: string, seed: number): number {
  let hash = seed | 0
  for (let index = 0; index < text.length; index++) {
    let part = Math.imul(text.charCodeAt(index), 0xcc9e2d51)
    part = Math.imul((part << 15) | (part >>> 17), 0x1b873593)
    hash ^= part
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  hash ^= text.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
