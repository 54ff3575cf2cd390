import type { ImageId } from './process-image.ts'

/**
 * A ProfileWindow in columns, which are sent between threads for nothing: an object for each frame costs more than all
 * else. `sampleProcess` counts in `processes`.
 */
export interface WindowData {
  readonly startNs: number
  readonly endNs: number
  readonly frequencyHz: number
  readonly processes: readonly ImageId[]
  readonly strings: string[]
  /** Indices in `strings`. */
  readonly frameFunction: Uint32Array
  readonly frameFile: Uint32Array
  readonly frameModule: Uint32Array
  readonly frameLine: Uint32Array
  /** FrameKind. */
  readonly frameKind: Uint32Array
  /** 1 where it is inlined. */
  readonly frameInlined: Uint32Array
  readonly nodeFrame: Uint32Array
  readonly nodeParent: Uint32Array
  readonly sampleProcess: Uint32Array
  readonly sampleNode: Uint32Array
  readonly sampleCount: Uint32Array
  readonly sampleKind: Uint32Array
  readonly sampleOffsetUs: Uint32Array
  readonly sampleBroken: Uint32Array
}

/** Beyond any of them a stack is dropped, and counted under its name. */
export interface WindowLimits {
  readonly nodes: number
  readonly frames: number
  /** Of names in UTF-8. */
  readonly stringBytes: number
  readonly samples: number
  readonly processes: number
}

/**
 * At all limits at once 3.4 MB on the wire, of the 3.6 that a frame may have, in which stand the keys of the processes,
 * too; ten seconds of a machine with 64 busy processors at 19 Hz have a quarter of it.
 */
export const WINDOW_LIMITS: WindowLimits = {
  nodes: 1 << 17,
  frames: 1 << 15,
  stringBytes: 1 << 20,
  samples: 1 << 16,
  processes: 1 << 12,
}
