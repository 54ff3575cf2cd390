/** What is used of onnxruntime-node 1.30, whose types come from onnxruntime-common. */
export interface NativeOrt {
  listSupportedBackends(): readonly { readonly name: string; readonly bundled: boolean }[]
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: NativeSessionOptions): Promise<NativeSession>
  }
  readonly Tensor: new (type: string, data: NativeData, dimensions: readonly number[]) => NativeTensor
}

interface NativeSessionOptions {
  readonly executionProviders: readonly string[]
  readonly logSeverityLevel: number
}

export type NativeData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array
  | Float16Array
  | Float32Array
  | Float64Array

export interface NativeTensor {
  readonly data: NativeData
}

export interface NativeValue {
  readonly name: string
  readonly isTensor: boolean
  /** Where it is a tensor. */
  readonly type?: string
  readonly shape?: readonly (number | string)[]
}

export interface NativeSession {
  readonly inputMetadata: readonly NativeValue[]
  readonly outputMetadata: readonly NativeValue[]
  run(inputs: Readonly<Record<string, NativeTensor>>): Promise<Readonly<Record<string, NativeTensor>>>
  release(): Promise<void>
}
