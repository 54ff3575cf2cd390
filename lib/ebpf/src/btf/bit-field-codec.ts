import type { Btf } from './btf.ts'
import { asBigInt } from './scalar-codec.ts'
import type { BtfMember, BtfType } from './type.ts'
import type { ValueCodec } from './value-codec.ts'

/**
 * A member of some bits, read and written at the start of its struct. Bits are counted from the lowest one on little-endian machines, from the highest on the
 * others.
 */
export function bitFieldCodec(member: BtfMember, type: BtfType, btf: Btf): ValueCodec {
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
