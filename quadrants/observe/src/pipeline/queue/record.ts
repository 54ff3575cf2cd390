import { crc32 } from 'node:zlib'
import { type Signal, SIGNALS } from '../signal.ts'

/**
 * One record of a queue's segment, little-endian:
 *
 *      0        4          8        12      16           24        28            32
 *      ├────────┼──────────┼────────┼───────┼────────────┼─────────┼─────────────┼──────┐
 *      │ length │ crc32 of │ signal │ items │ first item │ version │ crc32 of    │ body │
 *      │ of body│ the body │        │       │ (float64)  │         │ bytes 0–27  │      │
 *      └────────┴──────────┴────────┴───────┴────────────┴─────────┴─────────────┴──────┘
 *
 * `first item` counts all items that were ever put into this queue before: a gap between two records says exactly how
 * many were lost between them. The head has its own checksum, so that a record whose writer was killed (a sound head,
 * too few bytes after it) still tells how much it would have held.
 */
export const RECORD_HEAD_BYTES = 32

/** A length above this is damage: nothing larger is ever put in. */
export const RECORD_BODY_BYTES_MAX = 64 << 20

const VERSION = 1

export interface RecordHead {
  readonly bodyBytes: number
  readonly bodyCrc: number
  readonly signal: Signal
  readonly itemCount: number
  readonly firstItem: number
}

export function encodeRecord(
  signal: Signal,
  itemCount: number,
  firstItem: number,
  body: Uint8Array,
): Uint8Array {
  const record = new Uint8Array(RECORD_HEAD_BYTES + body.length)
  const view = new DataView(record.buffer)
  view.setUint32(0, body.length, true)
  view.setUint32(4, crc32(body), true)
  view.setUint32(8, SIGNALS.indexOf(signal), true)
  view.setUint32(12, itemCount, true)
  view.setFloat64(16, firstItem, true)
  view.setUint32(24, VERSION, true)
  view.setUint32(28, crc32(record.subarray(0, 28)), true)
  record.set(body, RECORD_HEAD_BYTES)
  return record
}

/** The head, or undefined where it is damaged. */
export function readRecordHead(bytes: Uint8Array): RecordHead | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, RECORD_HEAD_BYTES)
  if (view.getUint32(28, true) !== crc32(bytes.subarray(0, 28)) || view.getUint32(24, true) !== VERSION)
    return undefined
  const bodyBytes = view.getUint32(0, true)
  const signal = SIGNALS[view.getUint32(8, true)]
  const firstItem = view.getFloat64(16, true)
  if (bodyBytes > RECORD_BODY_BYTES_MAX || !signal || !Number.isSafeInteger(firstItem) || firstItem < 0)
    return undefined
  return {
    bodyBytes,
    bodyCrc: view.getUint32(4, true),
    signal,
    itemCount: view.getUint32(12, true),
    firstItem,
  }
}
