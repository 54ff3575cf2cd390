import { EbpfError } from '../error.ts'
import type { Btf } from './btf.ts'
import type { BtfInt, BtfMember, BtfType } from './type.ts'

/**
 * A C value in TypeScript: integers of up to 4 bytes are numbers, of 8 bytes and pointers bigints; `char[]` is the text
 * up to the first NUL, other byte arrays are `Uint8Array`; structs and unions are objects.
 */
export type CValue = number | bigint | boolean | string | Uint8Array | CValue[] | CStruct

export interface CStruct {
  [field: string]: CValue
}

/** Reads and writes values of one type at any place of a view. */
export interface ValueCodec {
  readonly bytes: number
  read(view: DataView, at: number): CValue
  write(view: DataView, at: number, value: CValue): void
}

/** Types within types within types: C code does not come near. */
const DEPTH_MAX = 32

const utf8 = new TextDecoder()
const encoder = new TextEncoder()

/** Builds the codec of a type. @throws {EbpfError} `btf` for types without values */
export function valueCodec(btf: Btf, typeId: number, depth = 0): ValueCodec {
  if (depth === DEPTH_MAX) throw new EbpfError('btf', `type ${typeId} is nested too deeply`)
  const type = btf.resolve(typeId)
  const order = btf.header.littleEndian
  switch (type.kind) {
    case 'int':
      return type.bool ? booleanCodec : integerCodec(type.bytes, type.signed, order)
    case 'enum':
    case 'enum64':
      return integerCodec(type.bytes, type.signed, order)
    case 'ptr':
      return integerCodec(8, false, order)
    case 'float':
      return floatCodec(type.bytes, order)
    case 'array':
      return arrayCodec(btf, type.elementId, type.count, depth)
    case 'struct':
    case 'union':
      return compositeCodec(btf, type.members, type.bytes, depth)
    default:
      throw new EbpfError('btf', `a ${type.kind} has no value`)
  }
}

const booleanCodec: ValueCodec = {
  bytes: 1,
  read: (view, at) => view.getUint8(at) !== 0,
  write: (view, at, value) => view.setUint8(at, value ? 1 : 0),
}

function integerCodec(bytes: number, signed: boolean, order: boolean): ValueCodec {
  switch (bytes) {
    case 1:
      return {
        bytes,
        read: (view, at) => (signed ? view.getInt8(at) : view.getUint8(at)),
        write: (view, at, value) => view.setUint8(at, Number(value)),
      }
    case 2:
      return {
        bytes,
        read: (view, at) => (signed ? view.getInt16(at, order) : view.getUint16(at, order)),
        write: (view, at, value) => view.setUint16(at, Number(value), order),
      }
    case 4:
      return {
        bytes,
        read: (view, at) => (signed ? view.getInt32(at, order) : view.getUint32(at, order)),
        write: (view, at, value) => view.setUint32(at, Number(value), order),
      }
    case 8:
      return {
        bytes,
        read: (view, at) => (signed ? view.getBigInt64(at, order) : view.getBigUint64(at, order)),
        write: (view, at, value) => view.setBigUint64(at, asBigInt(value), order),
      }
    default:
      return bytesCodec(bytes) // __int128
  }
}

function floatCodec(bytes: number, order: boolean): ValueCodec {
  if (bytes === 4)
    return {
      bytes,
      read: (view, at) => view.getFloat32(at, order),
      write: (view, at, value) => view.setFloat32(at, Number(value), order),
    }
  return {
    bytes,
    read: (view, at) => view.getFloat64(at, order),
    write: (view, at, value) => view.setFloat64(at, Number(value), order),
  }
}

function arrayCodec(btf: Btf, elementId: number, count: number, depth: number): ValueCodec {
  const element = btf.resolve(elementId)
  if (element.kind === 'int' && element.bytes === 1)
    return isText(element) ? textCodec(count) : bytesCodec(count)
  const codec = valueCodec(btf, elementId, depth + 1)
  const elementBytes = codec.bytes
  // Elements without size would let a count of four thousand millions cost nothing but our time.
  const length = elementBytes === 0 ? 0 : count
  return {
    bytes: elementBytes * length,
    read: (view, at) => Array.from({ length }, (_, index) => codec.read(view, at + index * elementBytes)),
    write: (view, at, value) => {
      if (!Array.isArray(value) || value.length !== length)
        throw new EbpfError('argument', `an array of ${length} values is expected`)
      value.forEach((item, index) => codec.write(view, at + index * elementBytes, item))
    },
  }
}

/** clang gives plain `char` no encoding of its own; compilers that follow the specification set it. */
function isText(type: BtfInt): boolean {
  return type.char || type.name === 'char'
}

function textCodec(bytes: number): ValueCodec {
  return {
    bytes,
    read: (view, at) => {
      const field = new Uint8Array(view.buffer, view.byteOffset + at, bytes)
      const end = field.indexOf(0)
      // A copy where the memory is shared: the decoder does not read what others may write.
      return utf8.decode(field.slice(0, end === -1 ? bytes : end))
    },
    write: (view, at, value) => {
      if (typeof value !== 'string') throw new EbpfError('argument', 'a string is expected')
      const field = new Uint8Array(view.buffer, view.byteOffset + at, bytes)
      field.fill(0)
      encoder.encodeInto(value, field)
    },
  }
}

function bytesCodec(bytes: number): ValueCodec {
  return {
    bytes,
    read: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, bytes).slice(),
    write: (view, at, value) => {
      if (!(value instanceof Uint8Array) || value.length !== bytes)
        throw new EbpfError('argument', `${bytes} bytes are expected`)
      new Uint8Array(view.buffer, view.byteOffset + at, bytes).set(value)
    },
  }
}

interface MemberCodec {
  /** Empty for an anonymous struct or union, whose members count as the parent's. */
  readonly name: string
  readonly offset: number
  readonly codec: ValueCodec
}

function compositeCodec(btf: Btf, members: readonly BtfMember[], bytes: number, depth: number): ValueCodec {
  const codecs = members.map((member): MemberCodec => {
    if (member.bitfieldBits > 0)
      return { name: member.name, offset: 0, codec: bitfieldCodec(member, btf.resolve(member.typeId), btf) }
    return {
      name: member.name,
      offset: member.offsetBits / 8,
      codec: valueCodec(btf, member.typeId, depth + 1),
    }
  })
  return {
    bytes,
    read: (view, at) => {
      const value: CStruct = {}
      for (const { name, offset, codec } of codecs) {
        const field = codec.read(view, at + offset)
        if (name === '') Object.assign(value, field)
        else value[name] = field
      }
      return value
    },
    write: (view, at, value) => {
      if (!isStruct(value)) throw new EbpfError('argument', 'an object is expected')
      for (const { name, offset, codec } of codecs) {
        const field = name === '' ? value : value[name]
        if (field !== undefined) codec.write(view, at + offset, field)
      }
    },
  }
}

/** Bits are counted from the lowest one on little-endian machines, from the highest on the others. */
function bitfieldCodec(member: BtfMember, type: BtfType, btf: Btf): ValueCodec {
  const { offsetBits, bitfieldBits: bits } = member
  const order = btf.header.littleEndian
  const first = offsetBits >> 3
  const last = (offsetBits + bits - 1) >> 3
  const shift = BigInt(order ? offsetBits & 7 : (last + 1) * 8 - offsetBits - bits)
  const signed = 'signed' in type && type.signed
  const gather = (view: DataView, at: number) => {
    let word = 0n
    for (let i = first; i <= last; i++)
      word = (word << 8n) | BigInt(view.getUint8(at + (order ? last + first - i : i)))
    return word
  }
  return {
    bytes: last - first + 1,
    read: (view, at) => {
      const field = BigInt.asUintN(bits, gather(view, at) >> shift)
      const value = signed ? BigInt.asIntN(bits, field) : field
      if (type.kind === 'int' && type.bool) return value !== 0n
      return bits <= 32 ? Number(value) : value
    },
    write: (view, at, value) => {
      const mask = ((1n << BigInt(bits)) - 1n) << shift
      const field = (BigInt.asUintN(bits, asBigInt(value)) << shift) & mask
      let word = (gather(view, at) & ~mask) | field
      for (let i = last; i >= first; i--, word >>= 8n)
        view.setUint8(at + (order ? last + first - i : i), Number(word & 0xffn))
    },
  }
}

function isStruct(value: CValue): value is CStruct {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array)
}

function asBigInt(value: CValue): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' || typeof value === 'boolean') return BigInt(value)
  throw new EbpfError('argument', 'an integer is expected')
}
