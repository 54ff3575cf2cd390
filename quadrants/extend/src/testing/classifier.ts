import { onnxModel } from './onnx-model.ts'

const FLOAT = 1

/**
 * A small classifier of images: convolution, average, softmax, with weights by a seed. `image` [1, 3, size, size] gives
 * `probabilities` [1, 10].
 */
export function classifier({
  size,
  channels,
  seed = 7,
}: {
  readonly size: number
  readonly channels: number
  readonly seed?: number
}): Uint8Array {
  const random = generator(seed)
  const weights = (name: string, sizes: readonly number[]) => ({
    name,
    type: FLOAT,
    sizes,
    data: Float32Array.from(
      { length: sizes.reduce((product, one) => product * one, 1) },
      () => (random() - 0.5) * 0.8,
    ),
  })
  return onnxModel({
    inputs: [{ name: 'image', type: FLOAT, sizes: [1, 3, size, size] }],
    outputs: [{ name: 'probabilities', type: FLOAT, sizes: [1, 10] }],
    constants: [
      weights('filters', [channels, 3, 3, 3]),
      weights('filterBias', [channels]),
      weights('classes', [10, channels]),
      weights('classBias', [10]),
    ],
    nodes: [
      node('Conv', ['image', 'filters', 'filterBias'], 'convolved', { pads: [1, 1, 1, 1] }),
      node('Relu', ['convolved'], 'active'),
      node('GlobalAveragePool', ['active'], 'averages'),
      node('Flatten', ['averages'], 'features'),
      node('Gemm', ['features', 'classes', 'classBias'], 'scores', { transB: 1 }),
      node('Softmax', ['scores'], 'probabilities'),
    ],
  })
}

function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number | readonly number[]>> = {},
) {
  return { operator, inputs, outputs: [output], attributes }
}

/** Numbers from 0 to 1 (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
