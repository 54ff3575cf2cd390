/** Where models with a name run: in onnxruntime's WebAssembly build, or in its native library. */
export const NN_TARGETS = ['wasm', 'cpu', 'gpu'] as const
export type NnTarget = (typeof NN_TARGETS)[number]
