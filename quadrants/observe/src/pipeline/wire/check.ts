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
  const walk = new Walk(bytes)
  walk.message(REQUEST_SHAPES[signal], 0, bytes.length, 0)
  return walk.itemCount
}

/** The hot path of every receiver: the offset is a local variable, and nothing is allocated. */
class Walk {
  itemCount = 0
  readonly #bytes: Uint8Array
  /** Where the last long number ended. */
  #numberEnd = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  message(shape: Shape, start: number, end: number, depth: number): void {
    if (depth > DEPTH_MAX) throw wrong(start, `more than ${DEPTH_MAX} messages within each other`)
    if (shape.isItem) this.itemCount++
    const bytes = this.#bytes
    const { kinds, children } = shape
    let at = start
    while (at < end) {
      let tag = bytes[at++]!
      if (tag >= 0x80) {
        tag = this.#longNumber(at - 1, end)
        at = this.#numberEnd
      }
      const field = tag >>> 3
      if (field === 0) throw wrong(at, `field 0 in ${shape.name}`)
      const kind = field < kinds.length ? kinds[field]! : FieldKind.unknown
      switch (tag & 7) {
        case 0:
          at = this.#varint(at, end)
          if (kind !== FieldKind.varint && kind !== FieldKind.varints && kind !== FieldKind.unknown)
            throw mistyped(at, shape, tag)
          break
        case 1:
          at += 8
          if (kind !== FieldKind.fixed64 && kind !== FieldKind.fixed64s && kind !== FieldKind.unknown)
            throw mistyped(at, shape, tag)
          break
        case 2: {
          if (at >= end) throw wrong(at, 'a number is cut off')
          let length = bytes[at++]!
          if (length >= 0x80) {
            length = this.#longNumber(at - 1, end)
            at = this.#numberEnd
          }
          if (length > end - at) throw wrong(at, `${length} bytes wanted, ${end - at} left`)
          this.#content(shape, tag, kind, at, at + length, depth, children[field])
          at += length
          break
        }
        case 5:
          at += 4
          if (kind !== FieldKind.fixed32 && kind !== FieldKind.fixed32s && kind !== FieldKind.unknown)
            throw mistyped(at, shape, tag)
          break
        default:
          throw wrong(at, `wire type ${tag & 7} in ${shape.name}`)
      }
      if (at > end) throw wrong(end, `${at - end} more bytes wanted`)
    }
  }

  /** What stands behind a length. */
  #content(
    shape: Shape,
    tag: number,
    kind: number,
    start: number,
    end: number,
    depth: number,
    child: Shape | undefined,
  ): void {
    switch (kind) {
      case FieldKind.message:
        this.message(child!, start, end, depth + 1)
        break
      case FieldKind.text:
        if (!this.#isText(start, end)) throw wrong(start, 'text that is not UTF-8')
        break
      case FieldKind.varints:
        for (let at = start; at < end;) at = this.#varint(at, end)
        break
      case FieldKind.fixed64s:
      case FieldKind.fixed32s:
        if ((end - start) % (kind === FieldKind.fixed64s ? 8 : 4) !== 0)
          throw wrong(start, `a packed list of ${end - start} bytes in ${shape.name}`)
        break
      case FieldKind.varint:
      case FieldKind.fixed64:
      case FieldKind.fixed32:
        throw mistyped(start, shape, tag)
    }
  }

  /** A tag or length of two to five bytes: 32 bits at most. */
  #longNumber(start: number, end: number): number {
    const bytes = this.#bytes
    let value = 0
    let at = start
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= end) throw wrong(at, 'a number is cut off')
      const byte = bytes[at++]!
      if (shift === 28 && byte > 0x0f) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) {
        this.#numberEnd = at
        return value
      }
    }
    throw wrong(at, 'a tag or length of more than 32 bits')
  }

  /** Where a varint ends. */
  #varint(start: number, end: number): number {
    const bytes = this.#bytes
    for (let at = start; at < start + 10;) {
      if (at >= end) throw wrong(at, 'a number is cut off')
      if (bytes[at++]! < 0x80) return at
    }
    throw wrong(start, 'a number of more than 64 bits')
  }

  #isText(start: number, end: number): boolean {
    const bytes = this.#bytes
    if (end - start <= SHORT_TEXT_BYTES) {
      let at = start
      while (at < end && bytes[at]! < 0x80) at++
      if (at === end) return true
    }
    return isUtf8(bytes.subarray(start, end))
  }
}

function mistyped(at: number, shape: Shape, tag: number): PipelineError {
  return wrong(at, `field ${tag >>> 3} of ${shape.name} with wire type ${tag & 7}`)
}

function wrong(at: number, what: string): PipelineError {
  return new PipelineError('malformed', `at byte ${at}: ${what}`)
}
