import { type Collection, openRingBuffer, type RecordReader, structCodec } from '@quadrant/ebpf'
import { read64 } from '../../kernel/word.ts'
import { parseHead } from './captured-head.ts'
import type { CapturedHead, HeadRule } from '../request-source.ts'

/** Of one poll: a megabyte's worth of records. */
const HEADS_MAX = 256

/** Captured heads as the kernel's programs write them, and the rule by which they do. */
export class HeadRing implements Disposable {
  readonly #owned = new DisposableStack()
  readonly #reader: RecordReader
  readonly #rule: Uint32Array
  readonly #at: ReturnType<typeof placesOf>
  /** Of the rule that holds. */
  #ruleFields: readonly string[] = []
  /** Also of rules under which something was captured that was not told yet. */
  #secretFields = new Set<string>()

  /** @throws {EbpfError} */
  constructor(collection: Collection) {
    this.#at = placesOf(collection)
    const { bytes } = this.#owned.use(collection.map('http_rules').mmap())
    this.#rule = new Uint32Array(bytes.buffer, bytes.byteOffset, 2)
    this.#reader = this.#owned.use(openRingBuffer(collection.map('http_heads')))
  }

  /** From now on: the programs look at it with each request. */
  setRule(rule: HeadRule | undefined): void {
    this.#ruleFields = (rule?.secretFields ?? []).map((name) => name.toLowerCase())
    for (const name of this.#ruleFields) this.#secretFields.add(name)
    Atomics.store(this.#rule, 1, rule?.perSecondMax ?? 0)
    Atomics.store(this.#rule, 0, rule === undefined ? 0 : 1)
  }

  /** Tells those that wait; how many. */
  poll(onHead: (head: CapturedHead) => void): number {
    const count = this.#reader.drain((words, index, byteLength) => {
      if (byteLength >= this.#at.text) onHead(this.#read(words, index))
    }, HEADS_MAX)
    if (count < HEADS_MAX) this.#secretFields = new Set(this.#ruleFields)
    return count
  }

  #read(words: Uint32Array, index: number): CapturedHead {
    const at = this.#at
    const view = new DataView(words.buffer, words.byteOffset + 4 * index)
    const isResponse = view.getUint8(at.isResponse) !== 0
    const bytes = Math.min(view.getUint16(at.bytes, true), at.textBytes)
    // The kernel's memory: copied before it is written again.
    const text = Buffer.from(new Uint8Array(view.buffer, view.byteOffset + at.text, bytes)).toString('latin1')
    return {
      side: isResponse ? 'response' : 'request',
      connection: read64(words, index + at.connection / 4),
      request: view.getUint32(at.request, true),
      cgroupId: read64(words, index + at.cgroup / 4),
      atNs: read64(words, index + at.atNs / 4),
      latencyNs: isResponse ? read64(words, index + at.latencyNs / 4) : undefined,
      status: isResponse ? view.getUint16(at.status, true) : undefined,
      cut: view.getUint8(at.cut) !== 0,
      ...parseHead(text, this.#secretFields),
    }
  }

  [Symbol.dispose](): void {
    this.#owned.dispose()
  }
}

/** Where the fields are, in bytes. */
function placesOf({ spec }: Collection) {
  const head = structCodec(spec.btf, 'struct http_head')
  return {
    connection: head.offset('connection'),
    cgroup: head.offset('cgroup'),
    atNs: head.offset('at_ns'),
    latencyNs: head.offset('latency_ns'),
    request: head.offset('request'),
    status: head.offset('status'),
    bytes: head.offset('bytes'),
    isResponse: head.offset('is_response'),
    cut: head.offset('cut'),
    text: head.offset('text'),
    textBytes: head.bytes - head.offset('text'),
  } as const
}
