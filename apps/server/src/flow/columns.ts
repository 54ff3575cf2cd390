import { FlowColumnsSchema } from '@quadrant/proto'

/** Most rows of one frame. */
const FLOW_ROWS_MAX = 200_000

/** Columns of 32-bit numbers, by their field names in FlowColumns. */
const U32_COLUMNS = [
  'event',
  'protocol',
  'role',
  'localAddress',
  'remoteAddress',
  'localPort',
  'remotePort',
  'process',
  'peerProcess',
  'segmentsSent',
  'segmentsReceived',
  'retransmits',
  'srttUs',
  'error',
  'netns',
  'flags',
] as const
const F64_COLUMNS = ['cookie', 'bytesSent', 'bytesReceived', 'durationUs'] as const

type U32Column = (typeof U32_COLUMNS)[number]
type F64Column = (typeof F64_COLUMNS)[number]

/** FlowColumns as typed arrays, all `count` long. */
export type FlowTable = { readonly count: number; readonly offsetUs: Int32Array } & Readonly<
  Record<U32Column, Uint32Array> & Record<F64Column, Float64Array>
>

interface Target {
  readonly column: Uint32Array | Int32Array | Float64Array
  readonly isDouble: boolean
  readonly isZigzag: boolean
  length: number
}

/** Bytes that are no FlowColumns, and why. */
export class FlowColumnsError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'FlowColumnsError'
  }
}

const numbers = new Map(FlowColumnsSchema.fields.map((field) => [field.localName, field.number]))
const COUNT_FIELD = numbers.get('count')!

/**
 * Decodes FlowColumns straight into typed arrays: about a fifth of the cost of the general decoder, and no garbage
 * per number. Packed and single values are both accepted, as the wire format asks (protobuf.dev, "Packed repeated
 * fields"); fields of later versions are passed over.
 *
 * @throws {FlowColumnsError} when the bytes are cut off, a value does not fit or the columns differ in length.
 */
export function decodeFlowColumns(bytes: Uint8Array): FlowTable {
  const reader = new WireReader(bytes)
  const count = readCount(bytes)
  if (count > FLOW_ROWS_MAX)
    throw new FlowColumnsError(`${count} rows, at most ${FLOW_ROWS_MAX} are accepted`)
  // A row has at least one byte in each of the sixteen whole-number columns, so the count can't make us allocate
  // more than a small multiple of what was sent.
  if (count * U32_COLUMNS.length > bytes.length)
    throw new FlowColumnsError(`${count} rows don't fit into ${bytes.length} bytes`)
  const table: Record<string, unknown> = { count }
  const targets: (Target | undefined)[] = []
  const add = (name: string, column: Target['column']) => {
    table[name] = column
    const isZigzag = name === 'offsetUs'
    targets[numbers.get(name)!] = { column, isDouble: column instanceof Float64Array, isZigzag, length: 0 }
  }
  for (const name of U32_COLUMNS) add(name, new Uint32Array(count))
  for (const name of F64_COLUMNS) add(name, new Float64Array(count))
  add('offsetUs', new Int32Array(count))

  while (reader.at < bytes.length) {
    const { field, wireType } = reader.tag()
    const target = targets[field]
    if (!target) reader.skip(wireType)
    else if (wireType === 2) fillPacked(reader, target)
    else if (wireType === (target.isDouble ? 1 : 0)) {
      if (target.length >= count) throw new FlowColumnsError(`field ${field} is longer than ${count}`)
      target.column[target.length++] = target.isDouble ? reader.double() : decode(reader.varint(), target)
    } else throw new FlowColumnsError(`field ${field} has wire type ${wireType}`)
  }
  for (const [field, target] of targets.entries())
    if (target && target.length !== count)
      throw new FlowColumnsError(`field ${field} has ${target.length} values, not ${count}`)
  return table as unknown as FlowTable
}

function readCount(bytes: Uint8Array): number {
  const reader = new WireReader(bytes)
  let count = 0
  while (reader.at < bytes.length) {
    const { field, wireType } = reader.tag()
    if (field === COUNT_FIELD && wireType === 0) count = reader.varint()
    else reader.skip(wireType)
  }
  return count
}

function fillPacked(reader: WireReader, target: Target): void {
  const end = reader.blockEnd()
  const { column } = target
  let length = target.length
  if (target.isDouble) {
    if ((end - reader.at) % 8 !== 0) throw new FlowColumnsError('a column of doubles is cut off')
    if (length + (end - reader.at) / 8 > column.length)
      throw new FlowColumnsError(`a column is longer than ${column.length}`)
    while (reader.at < end) column[length++] = reader.double()
  } else
    while (reader.at < end) {
      if (length >= column.length) throw new FlowColumnsError(`a column is longer than ${column.length}`)
      column[length++] = decode(reader.varint(), target)
    }
  if (reader.at !== end) throw new FlowColumnsError('a column is cut off')
  target.length = length
}

function decode(value: number, target: Target): number {
  return target.isZigzag ? (value >>> 1) ^ -(value & 1) : value
}

/** Protobuf's wire format over one array, checked against its end. */
class WireReader {
  at = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  tag(): { field: number; wireType: number } {
    const tag = this.varint()
    return { field: tag >>> 3, wireType: tag & 7 }
  }

  /** An unsigned number of at most 32 bits. */
  varint(): number {
    const bytes = this.#bytes
    let byte = bytes[this.at++]
    // One byte is by far the most frequent: events, roles, indices of small frames.
    if (byte !== undefined && byte < 0x80) return byte
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (byte === undefined) throw new FlowColumnsError('cut off within a number')
      if (shift === 28 && byte > 0x0f) break
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
      byte = bytes[this.at++]
    }
    throw new FlowColumnsError(`the number at byte ${this.at} has more than 32 bits`)
  }

  double(): number {
    if (this.at + 8 > this.#bytes.length) throw new FlowColumnsError('cut off within a number')
    const value = this.#view.getFloat64(this.at, true)
    this.at += 8
    return value
  }

  /** Reads the length of a block and returns its end. */
  blockEnd(): number {
    const length = this.varint()
    const end = this.at + length
    if (end > this.#bytes.length) throw new FlowColumnsError('cut off within a column')
    return end
  }

  skip(wireType: number): void {
    if (wireType === 0) {
      for (let i = 0; ; i++) {
        const byte = this.#bytes[this.at++]
        if (byte === undefined || i > 9) throw new FlowColumnsError('cut off within a number')
        if (byte < 0x80) return
      }
    } else if (wireType === 2) this.at = this.blockEnd()
    else if (wireType === 1) this.at += 8
    else if (wireType === 5) this.at += 4
    else throw new FlowColumnsError(`wire type ${wireType}`)
    if (this.at > this.#bytes.length) throw new FlowColumnsError('cut off')
  }
}
