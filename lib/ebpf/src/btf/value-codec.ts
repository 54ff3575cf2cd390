import { EbpfError } from '../error.ts'
import { bitFieldCodec } from './bit-field-codec.ts'
import type { Btf } from './btf.ts'
import { booleanCodec, bytesCodec, floatCodec, integerCodec } from './scalar-codec.ts'
import type { BtfComposite, BtfInt } from './type.ts'

/**
 * A C value in TypeScript: integers of up to 4 bytes are numbers, of 8 bytes and pointers bigints; `char[]` is the text
 * up to the first NUL, other byte arrays are `Uint8Array`; structs and unions are objects.
 */
export type CValue = number | bigint | boolean | string | Uint8Array | CValue[] | CStruct

/** A C struct or union by its fields' names. */
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

/** Values within a value, those of arrays once: `struct task_struct` has some thousands. */
const CODEC_COUNT_MAX = 65_536

const utf8 = new TextDecoder()
const encoder = new TextEncoder()

/** Builds the codec of a type. @throws {EbpfError} `btf` for types without values; `limit` for absurd ones */
export function valueCodec(btf: Btf, typeId: number): ValueCodec {
  return codecOf({ btf, codecsLeft: CODEC_COUNT_MAX }, typeId, 0)
}

interface Building {
  readonly btf: Btf
  /** Two members of each type that is a member of the next are more than memory holds. */
  codecsLeft: number
}

function codecOf(building: Building, typeId: number, depth: number): ValueCodec {
  const { btf } = building
  if (depth === DEPTH_MAX) throw new EbpfError('btf', `type ${typeId} is nested too deeply`)
  if (building.codecsLeft-- === 0)
    throw new EbpfError('limit', `a value of more than ${CODEC_COUNT_MAX} values`)
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
      return arrayCodec(building, type.elementId, type.count, depth)
    case 'struct':
    case 'union':
      return compositeCodec(building, type, depth)
    default:
      throw new EbpfError('btf', `a ${type.kind} has no value`)
  }
}

function arrayCodec(building: Building, elementId: number, count: number, depth: number): ValueCodec {
  const element = building.btf.resolve(elementId)
  if (element.kind === 'int' && element.bytes === 1)
    return isText(element) ? textCodec(count) : bytesCodec(count)
  const codec = codecOf(building, elementId, depth + 1)
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

interface MemberCodec {
  /** Empty for an anonymous struct or union, whose members count as the parent's. */
  readonly name: string
  readonly offset: number
  readonly codec: ValueCodec
}

function compositeCodec(building: Building, type: BtfComposite, depth: number): ValueCodec {
  const { btf } = building
  const { bytes } = type
  const codecs = type.members.map((member): MemberCodec => {
    const { name, offsetBits, bitfieldBits } = member
    const codec =
      bitfieldBits > 0
        ? bitFieldCodec(member, btf.resolve(member.typeId), btf)
        : codecOf(building, member.typeId, depth + 1)
    // So whoever has looked at the size of the whole knows that reading ends within it.
    if (offsetBits + (bitfieldBits || codec.bytes * 8) > bytes * 8)
      throw new EbpfError('btf', `${type.kind} ${type.name}: ${name} lies outside of it`)
    return { name, offset: bitfieldBits > 0 ? 0 : offsetBits / 8, codec }
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

function isStruct(value: CValue): value is CStruct {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array)
}
