import { ExtendError } from '../error.ts'

/** Types of a tensor's elements that have a fixed size, by ONNX's numbers (`TensorProto.DataType`). */
export const ElementType = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
  BFLOAT16: 16,
} as const
export type ElementType = (typeof ElementType)[keyof typeof ElementType]

const SIZES: ReadonlyMap<number, number> = new Map<ElementType, number>([
  [ElementType.FLOAT, 4],
  [ElementType.UINT8, 1],
  [ElementType.INT8, 1],
  [ElementType.UINT16, 2],
  [ElementType.INT16, 2],
  [ElementType.INT32, 4],
  [ElementType.INT64, 8],
  [ElementType.BOOL, 1],
  [ElementType.FLOAT16, 2],
  [ElementType.DOUBLE, 8],
  [ElementType.UINT32, 4],
  [ElementType.UINT64, 8],
  [ElementType.BFLOAT16, 2],
])

/** Bytes of an element; undefined for text, complex numbers and what is packed into less than a byte. */
export function elementBytes(type: number): number | undefined {
  return SIZES.get(type)
}

/**
 * By `tensor_type` of wasi_ephemeral_nn: f16, f32, f64, u8, i32, i64, as wasmtime's witx and the crate wasi-nn number
 * them. The witx has no bf16; it has the next number here.
 */
const BY_TENSOR_TYPE: readonly ElementType[] = [
  ElementType.FLOAT16,
  ElementType.FLOAT,
  ElementType.DOUBLE,
  ElementType.UINT8,
  ElementType.INT32,
  ElementType.INT64,
  ElementType.BFLOAT16,
]

/** @throws {ExtendError} `argument` */
export function elementTypeOf(tensorType: number): ElementType {
  const type = BY_TENSOR_TYPE[tensorType]
  if (type === undefined) throw new ExtendError('argument', `there is no tensor type ${tensorType}`)
  return type
}
