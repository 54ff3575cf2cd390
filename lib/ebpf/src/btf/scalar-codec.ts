import { EbpfError } from '../error.ts'
import type { CValue, ValueCodec } from './value-codec.ts'

/** A C `_Bool`. */
export const booleanCodec: ValueCodec = {
  bytes: 1,
  read: (view, at) => view.getUint8(at) !== 0,
  write: (view, at, value) => view.setUint8(at, value ? 1 : 0),
}

/** An integer of any width; what is neither 1, 2, 4 nor 8 bytes comes as its bytes. `order`: little-endian. */
export function integerCodec(bytes: number, signed: boolean, order: boolean): ValueCodec {
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

/** `float` and `double`; what is wider comes as its bytes. */
export function floatCodec(bytes: number, order: boolean): ValueCodec {
  if (bytes === 4)
    return {
      bytes,
      read: (view, at) => view.getFloat32(at, order),
      write: (view, at, value) => view.setFloat32(at, Number(value), order),
    }
  if (bytes !== 8) return bytesCodec(bytes) // long double
  return {
    bytes,
    read: (view, at) => view.getFloat64(at, order),
    write: (view, at, value) => view.setFloat64(at, Number(value), order),
  }
}

/** Bytes as they are, copied. */
export function bytesCodec(bytes: number): ValueCodec {
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

/** @throws {EbpfError} `argument` */
export function asBigInt(value: CValue): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' || typeof value === 'boolean') return BigInt(value)
  throw new EbpfError('argument', 'an integer is expected')
}
