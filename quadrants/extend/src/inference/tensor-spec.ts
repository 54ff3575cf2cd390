import { ExtendError } from '../error.ts'
import { elementBytes, ElementType } from './element-type.ts'

/** More dimensions than that has no model. */
export const RANK_MAX = 32

/** An input or output, as its model declares it. */
export interface TensorSpec {
  readonly name: string
  readonly type: ElementType
  /** Undefined where it is only known when the model runs, such as the size of a batch. */
  readonly dimensions: readonly (number | undefined)[]
}

/**
 * That a tensor fits an input.
 *
 * @param dimensions whole numbers from 0 on
 * @throws {ExtendError} `argument` with what is wrong
 */
export function checkInput(
  spec: TensorSpec,
  type: ElementType,
  dimensions: readonly number[],
  byteLength: number,
): void {
  // A tensor of wasi-nn cannot say that it is of truth values.
  const isOfType = type === spec.type || (spec.type === ElementType.BOOL && type === ElementType.UINT8)
  const isOfShape =
    dimensions.length === spec.dimensions.length &&
    spec.dimensions.every((size, index) => size === undefined || size === dimensions[index])
  if (!isOfType) throw new ExtendError('argument', `${spec.name}: it takes elements of another type`)
  if (!isOfShape)
    throw new ExtendError(
      'argument',
      `${spec.name}: its shape is [${shape(spec.dimensions)}], not [${shape(dimensions)}]`,
    )
  const expected = tensorBytes(type, dimensions)
  if (byteLength !== expected)
    throw new ExtendError(
      'argument',
      `${spec.name}: [${shape(dimensions)}] has ${expected} bytes, not ${byteLength}`,
    )
}

/** Bytes of a tensor. Beyond 2^53 it is as little to be had as exact. */
export function tensorBytes(type: ElementType, dimensions: readonly number[]): number {
  return dimensions.reduce((product, size) => product * size, elementBytes(type)!)
}

function shape(dimensions: readonly (number | undefined)[]): string {
  return dimensions.map((size) => size ?? '?').join(', ')
}
