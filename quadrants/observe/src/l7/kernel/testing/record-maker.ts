import type { Piece } from '../../http2/testing/capture.ts'
import { type Http2Record, RecordFlag } from '../http2-record.ts'

/** Types of frames that are told with their payload, as bpf/http.h says. */
const KEPT = new Set([1, 3, 4, 5, 7, 9])
const DATA = 0
const PADDED = 8

interface Half {
  number: number
  sequence: number
  head: number[]
  /** Bytes of the frame under way, and how many of the next ones are told. */
  left: number
  told: number
}

/**
 * Makes records of what two sides say, as the kernel's program does: byte by byte, from the description in bpf/http.h.
 */
export class RecordMaker {
  readonly #halves: Readonly<Record<Piece['sender'], Half>>
  readonly #flags: number

  constructor({ isFromStart = true, sequence = 0 } = {}) {
    const half = (left: number): Half => ({ number: 0, sequence, head: [], left, told: 0 })
    this.#flags = isFromStart ? RecordFlag.fromStart : 0
    // The preface is passed over.
    this.#halves = { client: half(24), server: half(0) }
  }

  /** Whether the next byte of a side is a frame's first. */
  isAtFrame(sender: Piece['sender']): boolean {
    const { left, head } = this.#halves[sender]
    return left === 0 && head.length === 0
  }

  /** Whether the kernel's program could leave it to user space to put packets in order. */
  canUnorder(sender: Piece['sender']): boolean {
    const { left, told } = this.#halves[sender]
    return told === 0 || told === left
  }

  /** Undefined: there is nothing to tell. */
  abridged({ sender, bytes, timeNs }: Piece): Http2Record | undefined {
    const { sequence, told: before } = this.#halves[sender]
    const told = this.#walk(sender, bytes)
    return told.length === 0
      ? undefined
      : this.#record(sender, timeNs, { sequence, before, bytes: Uint8Array.from(told) })
  }

  unorderedFrom(sender: Piece['sender'], timeNs: number): Http2Record {
    const { sequence, head, left, told } = this.#halves[sender]
    return this.#record(sender, timeNs, {
      sequence: (sequence - head.length) >>> 0,
      bytes: Uint8Array.from(head),
      left: told === 0 ? left : 0,
      flags: RecordFlag.whole | RecordFlag.unorderedFrom,
    })
  }

  /** Makes records in the order that is asked for, of pieces in theirs. */
  whole(pieces: readonly Piece[], order: (count: number) => readonly number[]): readonly Http2Record[] {
    const placed = pieces.map((piece) => {
      const { sequence } = this.#halves[piece.sender]
      this.#walk(piece.sender, piece.bytes)
      return { ...piece, sequence }
    })
    return order(pieces.length).map((index) => {
      const { sender, timeNs, bytes, sequence } = placed[index]!
      return this.#record(sender, timeNs, { sequence, bytes, flags: RecordFlag.whole })
    })
  }

  ordered(sender: Piece['sender'], timeNs: number): Http2Record {
    return this.#record(sender, timeNs, {
      sequence: this.#halves[sender].sequence,
      flags: RecordFlag.ordered,
    })
  }

  closed(timeNs: number): Http2Record {
    return this.#record('server', timeNs, { flags: RecordFlag.closed })
  }

  #record(sender: Piece['sender'], atNs: number, of: Partial<Http2Record>): Http2Record {
    return {
      connection: 1,
      server: 1,
      peer: 0,
      client: 0,
      sender,
      atNs,
      number: this.#halves[sender].number++,
      sequence: 0,
      left: 0,
      before: 0,
      bytes: new Uint8Array(0),
      ...of,
      flags: this.#flags | (of.flags ?? 0),
    }
  }

  #walk(sender: Piece['sender'], bytes: Uint8Array): readonly number[] {
    const half = this.#halves[sender]
    half.sequence = (half.sequence + bytes.length) >>> 0
    const told: number[] = []
    for (const byte of bytes) {
      if (half.left > 0) {
        half.left--
        if (half.told > 0) {
          half.told--
          told.push(byte)
        }
        continue
      }
      half.head.push(byte)
      if (half.head.length < 9) continue
      const [a, b, c, type, flags] = half.head as [number, number, number, number, number]
      half.left = (a << 16) | (b << 8) | c
      if (KEPT.has(type)) half.told = half.left
      else half.told = type === DATA && (flags & PADDED) !== 0 && half.left > 0 ? 1 : 0
      if (KEPT.has(type) || type === DATA) told.push(...half.head)
      half.head = []
    }
    return told
  }
}
