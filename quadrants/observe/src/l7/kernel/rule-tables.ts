import type { Collection, MappedMemory } from '@quadrant/ebpf'
import { encodeSamplingTable } from '../sampling/encode-table.ts'
import { SamplingWindows } from '../sampling/sampling-windows.ts'
import { WINDOWS_BYTES } from '../sampling/table-layout.ts'
import type { CaptureRules } from '../request-source.ts'

/** The kernel's programs look at a table for less than this: 10 ms after another came in force it is written anew. */
const TABLE_REST_NS = 1e7

/** `struct sampling_state` of bpf/http-capture.h: bytes before its windows. */
const STATE_BYTES = 8

/** The rules of bpf/sampling.h, of which two tables are there: one in force, one for the next. */
export class RuleTables implements Disposable {
  readonly #owned = new DisposableStack()
  readonly #state: Uint32Array
  /** What was captured in this second: of what the kernel captures and of what user space does. */
  readonly windows: SamplingWindows
  readonly #tables: MappedMemory
  readonly #scopes: Uint32Array
  readonly #monotonicNs: () => number
  #generation: number
  #inForceNs = -Infinity
  /** Waits until its place may be written. */
  #next:
    | {
        readonly rules: CaptureRules
        readonly scopes: Iterable<readonly [slot: number, bits: number]>
        readonly generation: number
      }
    | undefined

  /** @throws {EbpfError} */
  constructor(
    collection: Collection,
    options: { readonly monotonicNs: () => number; readonly generation: number },
  ) {
    this.#monotonicNs = options.monotonicNs
    this.#generation = options.generation
    const state = this.#owned.use(collection.map('http_rules').mmap())
    this.#state = wordsOf(state)
    this.windows = new SamplingWindows(state.bytes.subarray(STATE_BYTES, STATE_BYTES + WINDOWS_BYTES))
    this.#tables = this.#owned.use(collection.map('http_sampling').mmap())
    this.#scopes = wordsOf(this.#owned.use(collection.map('http_scopes').mmap()))
  }

  /** Of the rules that were set last, also where they are in force only with the next {@link RuleTables.work}. */
  get generation(): number {
    return this.#next?.generation ?? this.#generation
  }

  /** Of the rules that are in force. */
  get generationInForce(): number {
    return this.#generation
  }

  /** Whether rules that were set are not in force as yet. */
  get isWaiting(): boolean {
    return this.#next !== undefined
  }

  /**
   * Has rules wait for {@link RuleTables.work}.
   *
   * @param scopes which rules are for a server, by its slot
   */
  set(rules: CaptureRules, scopes: Iterable<readonly [slot: number, bits: number]>): void {
    // Each has a number of its own, also one that never comes in force; its place is the one that is not.
    let generation = nextOf(this.generation)
    if ((generation & 1) === (this.#generation & 1)) generation = nextOf(generation)
    this.#next = { rules, scopes, generation }
  }

  /** Says which rules are for a server, of those that are in force. */
  scope(slot: number, bits: number): void {
    Atomics.store(this.#scopes, 2 * slot + (this.#generation & 1), bits)
  }

  /** Which rules are for a server, of those that are in force. */
  scopeOf(slot: number): number {
    return Atomics.load(this.#scopes, 2 * slot + (this.#generation & 1))
  }

  /** Whether the rules that wait can be brought in force by now. */
  get isDue(): boolean {
    return this.#next !== undefined && this.#monotonicNs() - this.#inForceNs >= TABLE_REST_NS
  }

  /** Brings the rules that wait in force, where that is possible by now; then they are returned. */
  work(): CaptureRules | undefined {
    const next = this.#next
    if (next === undefined || !this.isDue) return undefined
    this.#next = undefined
    const { generation } = next
    const place = generation & 1
    const { rules, capturesPerSecondMax, protocols } = next.rules
    const table = encodeSamplingTable(rules, { generation, capturesPerSecondMax, protocols })
    this.#tables.bytes.set(table, place * this.#tables.stride)
    for (let at = place; at < this.#scopes.length; at += 2) this.#scopes[at] = 0
    for (const [slot, bits] of next.scopes) this.#scopes[2 * slot + place] = bits
    this.windows.forgetRules()
    this.#generation = generation
    // Last: whoever sees the number finds its table.
    Atomics.store(this.#state, 0, generation)
    this.#inForceNs = this.#monotonicNs()
    return next.rules
  }

  [Symbol.dispose](): void {
    this.#owned.dispose()
  }
}

/** 0 is that of no rules. */
function nextOf(generation: number): number {
  return (generation + 1) >>> 0 || 2
}

function wordsOf({ bytes }: MappedMemory): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
}
