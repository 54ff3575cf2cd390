import { isUtf8 } from 'node:buffer'
import { PipelineError } from '../pipeline-error.ts'
import type { Signal } from '../signal.ts'
import { FieldKind, REQUEST_SHAPES, type Shape } from './shape.ts'

/** Messages within messages. The specification of Protocol Buffers lets readers stop at 100. */
const DEPTH_MAX = 64
/** Strings above this are looked at by native code; below, the call costs more than the loop. */
const SHORT_TEXT_BYTES = 48

/**
 * Walks an encoded export request and counts its spans or data points, without decoding it. After this every reader of
 * Protocol Buffers takes the bytes: lengths, wire types of known fields and UTF-8 are sound, so that one sender's
 * damage cannot spoil the batch that others share.
 * @throws {PipelineError} `malformed` with the offset of the byte
 */
export function checkRequest(signal: Signal, bytes: Uint8Array): number {
  return new Walk(bytes).message(REQUEST_SHAPES[signal], bytes.length, 0)
}

class Walk {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Walks one message up to `end`; gives the items in it. */
  message(shape: Shape, end: number, depth: number): number {
    if (depth > DEPTH_MAX) throw this.#wrong(`more than ${DEPTH_MAX} messages within each other`)
    const { kinds, children } = shape
    let items = shape.isItem ? 1 : 0
    while (this.#at < end) {
      const tag = this.#number(end)
      const field = tag >>> 3
      if (field === 0) throw this.#wrong(`field 0 in ${shape.name}`)
      const kind = field < kinds.length ? kinds[field]! : FieldKind.unknown
      switch (tag & 7) {
        case 0:
          this.#varint(end)
          if (kind !== FieldKind.varint && kind !== FieldKind.varints && kind !== FieldKind.unknown)
            throw this.#mistyped(shape, tag)
          break
        case 1:
          this.#skip(8, end)
          if (kind !== FieldKind.fixed64 && kind !== FieldKind.fixed64s && kind !== FieldKind.unknown)
            throw this.#mistyped(shape, tag)
          break
        case 2: {
          const length = this.#number(end)
          if (length > end - this.#at) throw this.#wrong(`${length} bytes wanted, ${end - this.#at} left`)
          const fieldEnd = this.#at + length
          if (kind === FieldKind.message) items += this.message(children[field]!, fieldEnd, depth + 1)
          else if (kind === FieldKind.text) this.#text(fieldEnd)
          else if (kind === FieldKind.varints) while (this.#at < fieldEnd) this.#varint(fieldEnd)
          else if ((kind === FieldKind.fixed64s && length % 8) || (kind === FieldKind.fixed32s && length % 4))
            throw this.#wrong(`a packed list of ${length} bytes in ${shape.name}`)
          else if (kind === FieldKind.varint || kind === FieldKind.fixed64 || kind === FieldKind.fixed32)
            throw this.#mistyped(shape, tag)
          this.#at = fieldEnd
          break
        }
        case 5:
          this.#skip(4, end)
          if (kind !== FieldKind.fixed32 && kind !== FieldKind.fixed32s && kind !== FieldKind.unknown)
            throw this.#mistyped(shape, tag)
          break
        default:
          throw this.#wrong(`wire type ${tag & 7} in ${shape.name}`)
      }
    }
    return items
  }

  /** A varint of 32 bits at most: a tag or a length. */
  #number(end: number): number {
    const at = this.#at
    // Nearly all are one byte: this is half of the walk's time.
    if (at < end) {
      const byte = this.#bytes[at]!
      if (byte < 0x80) {
        this.#at = at + 1
        return byte
      }
    }
    return this.#longNumber(end)
  }

  #longNumber(end: number): number {
    const bytes = this.#bytes
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.#at >= end) throw this.#wrong('a number is cut off')
      const byte = bytes[this.#at++]!
      if (shift === 28 && byte > 0x0f) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw this.#wrong('a tag or length of more than 32 bits')
  }

  #varint(end: number): void {
    for (let count = 0; count < 10; count++) {
      if (this.#at >= end) throw this.#wrong('a number is cut off')
      if (this.#bytes[this.#at++]! < 0x80) return
    }
    throw this.#wrong('a number of more than 64 bits')
  }

  #skip(length: number, end: number): void {
    if (length > end - this.#at) throw this.#wrong(`${length} bytes wanted, ${end - this.#at} left`)
    this.#at += length
  }

  #text(end: number): void {
    const bytes = this.#bytes
    if (end - this.#at <= SHORT_TEXT_BYTES) {
      let at = this.#at
      while (at < end && bytes[at]! < 0x80) at++
      if (at === end) return
    }
    if (!isUtf8(bytes.subarray(this.#at, end))) throw this.#wrong('text that is not UTF-8')
  }

  #mistyped(shape: Shape, tag: number): PipelineError {
    return this.#wrong(`field ${tag >>> 3} of ${shape.name} with wire type ${tag & 7}`)
  }

  #wrong(what: string): PipelineError {
    return new PipelineError('malformed', `at byte ${this.#at}: ${what}`)
  }
}
