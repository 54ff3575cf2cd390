/**
 * What is used of onnxruntime's WebAssembly build, as Emscripten's loader offers it (`wasm-types.ts` of onnxruntime-web
 * 1.30). Pointers and handles are numbers; 0 is none. Where a number of an error is answered, 0 is success.
 */
export interface OrtModule {
  /** Views of its memory. They are made anew when it grows: to be read from here each time. */
  readonly HEAPU8: Uint8Array
  readonly HEAP32: Int32Array
  readonly HEAPU32: Uint32Array
  readonly PTR_SIZE: number
  _malloc(bytes: number): number
  _free(pointer: number): void
  UTF8ToString(pointer: number, bytesMax: number): string
  stringToUTF8(text: string, pointer: number, bytesMax: number): void

  _OrtInit(threads: number, logLevel: number): number
  _OrtGetLastError(code: number, message: number): number
  _OrtFree(pointer: number): number

  _OrtCreateSessionOptions(
    optimization: number,
    hasArena: boolean,
    hasPattern: boolean,
    executionMode: number,
    isProfiled: boolean,
    profilePrefix: number,
    logId: number,
    logLevel: number,
    verbosity: number,
    optimizedPath: number,
  ): number
  _OrtAddSessionConfigEntry(options: number, key: number, value: number): number
  _OrtReleaseSessionOptions(options: number): number
  _OrtCreateSession(data: number, length: number, options: number): number
  _OrtReleaseSession(session: number): number
  _OrtGetInputOutputCount(session: number, inputs: number, outputs: number): number
  _OrtGetInputOutputMetadata(session: number, index: number, name: number, metadata: number): number

  _OrtCreateTensor(
    type: number,
    data: number,
    length: number,
    dimensions: number,
    rank: number,
    location: number,
  ): number
  _OrtGetTensorData(tensor: number, type: number, data: number, dimensions: number, rank: number): number
  _OrtReleaseTensor(tensor: number): number

  _OrtCreateRunOptions(logLevel: number, verbosity: number, isTerminated: boolean, tag: number): number
  _OrtReleaseRunOptions(options: number): number
  _OrtRun(
    session: number,
    inputNames: number,
    inputs: number,
    inputCount: number,
    outputNames: number,
    outputCount: number,
    outputs: number,
    options: number,
  ): number
}

/** The default export of `ort-wasm-simd-threaded.mjs`. */
export type OrtFactory = (settings: {
  readonly numThreads: number
  /** Called once, in place of its own way to find and instantiate the module. */
  instantiateWasm(
    imports: WebAssembly.Imports,
    use: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): void
}) => Promise<OrtModule>
