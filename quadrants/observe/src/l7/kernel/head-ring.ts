import { type Collection, openRingBuffer, type RecordReader, structCodec } from '@quadrant/ebpf'
import { read64 } from '../../kernel/word.ts'
import type { RequestServer } from '../exchange-series.ts'
import { type CapturedHead, PEERS } from '../request-source.ts'
import type { SecretNames } from '../redaction/secret-names.ts'
import { parseHead } from './captured-head.ts'

/** Of one poll: a megabyte's worth of records. */
const HEADS_MAX = 256

/** Captured heads as the kernel's programs write them. */
export class HeadRing implements Disposable {
  readonly #reader: RecordReader
  readonly #at: ReturnType<typeof placesOf>
  readonly #serverOf: (slot: number) => RequestServer
  /** Of the rules that hold. */
  #names: SecretNames = {}
  /** Also of rules under which something was captured that was not told yet. */
  #secrets: SecretNames = {}

  /** @throws {EbpfError} */
  constructor(collection: Collection, serverOf: (slot: number) => RequestServer) {
    this.#at = placesOf(collection)
    this.#serverOf = serverOf
    this.#reader = openRingBuffer(collection.map('http_heads'))
  }

  /** From now on; what is captured already is told without these and those of before. */
  setSecrets(names: SecretNames): void {
    this.#names = names
    this.#secrets = {
      headers: [...(this.#secrets.headers ?? []), ...(names.headers ?? [])],
      parameters: [...(this.#secrets.parameters ?? []), ...(names.parameters ?? [])],
    }
  }

  /** Tells those that wait; how many. */
  poll(onHead: (head: CapturedHead) => void): number {
    const count = this.#reader.drain((words, index, byteLength) => {
      if (byteLength >= this.#at.text) onHead(this.#read(words, index))
    }, HEADS_MAX)
    if (count < HEADS_MAX) this.#secrets = this.#names
    return count
  }

  #read(words: Uint32Array, index: number): CapturedHead {
    const at = this.#at
    const view = new DataView(words.buffer, words.byteOffset + 4 * index)
    const isResponse = view.getUint8(at.isResponse) !== 0
    const bytes = Math.min(view.getUint16(at.bytes, true), at.textBytes)
    // The kernel's memory: copied before it is written again.
    const text = Buffer.from(new Uint8Array(view.buffer, view.byteOffset + at.text, bytes)).toString('latin1')
    const { side, port, address } = this.#serverOf(view.getUint32(at.server, true))
    const rule = view.getUint8(at.rule)
    return {
      side: isResponse ? 'response' : 'request',
      connection: read64(words, index + at.connection / 4),
      request: view.getUint32(at.request, true),
      place: {
        cgroupId: read64(words, index + at.cgroup / 4),
        side,
        serverPort: port,
        serverAddress: address,
        peer: PEERS[view.getUint8(at.peer)] ?? 'public',
      },
      atNs: read64(words, index + at.atNs / 4),
      latencyNs: isResponse ? read64(words, index + at.latencyNs / 4) : undefined,
      status: isResponse ? view.getUint16(at.status, true) : undefined,
      generation: view.getUint32(at.generation, true),
      rule: rule === 0 ? undefined : rule - 1,
      cut: view.getUint8(at.cut) !== 0,
      ...parseHead(text, this.#secrets),
    }
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]()
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
    peer: head.offset('peer'),
    rule: head.offset('rule'),
    server: head.offset('server'),
    generation: head.offset('generation'),
    text: head.offset('text'),
    textBytes: head.bytes - head.offset('text'),
  }
}
