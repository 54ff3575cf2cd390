import { DATA_KINDS, type DataKind, type FieldLayout } from '../layout.ts'

/** The bits of a field's default, with which its bits in a message are mixed; 0 where it has none. */
export function defaultBits({ type, initial }: FieldLayout): bigint {
  if (initial === undefined) return 0n
  if (type.kind === 'enum') return BigInt(initial.replace('@', ''))
  if (type.kind === 'bool') return initial === 'true' ? 1n : 0n
  const view = new DataView(new ArrayBuffer(8))
  if (type.kind === 'float32') {
    view.setFloat32(0, floatOf(initial))
    return BigInt(view.getUint32(0))
  }
  if (type.kind === 'float64') {
    view.setFloat64(0, floatOf(initial))
    return view.getBigUint64(0)
  }
  return BigInt.asUintN(1 << DATA_KINDS[type.kind as DataKind], BigInt(initial))
}

/** `inf`, `-inf` and `nan` are numbers of the language. */
export function floatOf(text: string): number {
  if (text === 'nan') return Number.NaN
  return text.endsWith('inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text)
}
