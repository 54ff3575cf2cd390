import { crc32 } from 'node:zlib'

/**
 * One record of the journal, little-endian:
 *
 *      0        4         8           12     13      14       16            20    24            32
 *      ├────────┼─────────┼───────────┼──────┼───────┼────────┼─────────────┼─────┼─────────────┼──────┬────────────┐
 *      │ length │ crc of  │ crc of    │ kind │ flags │ 0      │ main bytes  │ 0   │ seq         │ main │ checkpoint │
 *      │        │ the body│ bytes 0–7 │      │       │        │             │     │ (float64)   │      │            │
 *      └────────┴─────────┴───────────┴──────┴───────┴────────┴─────────────┴─────┴─────────────┴──────┴────────────┘
 *      └───────── prefix ─────────────┴──────────────────────── body, `length` bytes ─────────────────────────────── ┘
 *
 * The prefix has its own checksum, so that a record that was cut short by a kill (a sound prefix, too few bytes
 * after it) is told apart from one whose length was damaged: the first was never sent to anybody.
 */
export const PREFIX_BYTES = 12
export const RECORD_HEAD_BYTES = 32

/** A length above this is damage: the largest batch is 4 MiB, a checkpoint of a million sockets some 100 MiB. */
const BODY_BYTES_MAX = 256 << 20

export const RecordKind = {
  /** First in the file; main: JSON of `JournalIdentity`. */
  HEADER: 1,
  /** main: one encoded Batch; checkpoint: what it told, as a delta. */
  FRAME: 2,
  /** checkpoint: the tracer's whole state; replaces all before it. */
  WHOLE: 3,
  /** checkpoint: a delta whose frame was given up. */
  DELTA: 4,
  /** seq: frames up to this one need no sending; main, if any: JSON of the losses not told yet, replacing all before. */
  DONE: 5,
} as const
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind]

/** The frame has told all losses counted before it. */
export const FLAG_TELLS_LOSSES = 1

export interface RecordHead {
  readonly kind: number
  readonly flags: number
  readonly seq: number
  readonly mainBytes: number
  /** The whole record, prefix included. */
  readonly recordBytes: number
}

export interface RecordParts {
  readonly kind: RecordKind
  readonly flags?: number
  readonly seq?: number
  readonly main?: Uint8Array
  readonly checkpoint?: Uint8Array
}

const NOTHING = new Uint8Array(0)

export function encodeRecord(parts: RecordParts): Uint8Array {
  const { kind, flags = 0, seq = 0, main = NOTHING, checkpoint = NOTHING } = parts
  const bytes = new Uint8Array(RECORD_HEAD_BYTES + main.length + checkpoint.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(12, kind)
  view.setUint8(13, flags)
  view.setUint32(16, main.length, true)
  view.setFloat64(24, seq, true)
  bytes.set(main, RECORD_HEAD_BYTES)
  bytes.set(checkpoint, RECORD_HEAD_BYTES + main.length)
  view.setUint32(0, bytes.length - PREFIX_BYTES, true)
  view.setUint32(4, crc32(bytes.subarray(PREFIX_BYTES)), true)
  view.setUint32(8, crc32(bytes.subarray(0, 8)), true)
  return bytes
}

/** The body's length, or undefined where the prefix is damaged. */
export function readPrefix(prefix: Uint8Array): number | undefined {
  const view = new DataView(prefix.buffer, prefix.byteOffset, PREFIX_BYTES)
  if (view.getUint32(8, true) !== crc32(prefix.subarray(0, 8))) return undefined
  const bodyBytes = view.getUint32(0, true)
  return bodyBytes < RECORD_HEAD_BYTES - PREFIX_BYTES || bodyBytes > BODY_BYTES_MAX ? undefined : bodyBytes
}

/** What a record says of itself; `bytes` holds at least its first 32. The body's checksum is not looked at. */
export function readHead(bytes: Uint8Array): RecordHead | undefined {
  const bodyBytes = readPrefix(bytes)
  if (bodyBytes === undefined) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const mainBytes = view.getUint32(16, true)
  const recordBytes = PREFIX_BYTES + bodyBytes
  if (mainBytes > recordBytes - RECORD_HEAD_BYTES) return undefined
  return {
    kind: view.getUint8(12),
    flags: view.getUint8(13),
    seq: view.getFloat64(24, true),
    mainBytes,
    recordBytes,
  }
}

export function isBodySound(record: Uint8Array): boolean {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength)
  return view.getUint32(4, true) === crc32(record.subarray(PREFIX_BYTES))
}

export function mainOf(record: Uint8Array, head: RecordHead): Uint8Array {
  return record.subarray(RECORD_HEAD_BYTES, RECORD_HEAD_BYTES + head.mainBytes)
}

export function checkpointOf(record: Uint8Array, head: RecordHead): Uint8Array {
  return record.subarray(RECORD_HEAD_BYTES + head.mainBytes, head.recordBytes)
}
