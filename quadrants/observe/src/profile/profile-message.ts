import type { MessagePort } from 'node:worker_threads'
import type { ImageId } from './process-image.ts'
import type { SymbolizerOptions } from './symbolizer.ts'
import type { WindowData } from './window-data.ts'

/** Programs that were sampled for the first time. */
export interface ImagesMessage {
  readonly images: readonly ImageId[]
}

/** What was counted from one change of maps to the next. */
export interface TurnMessage {
  /** One `struct stack` behind another, each as long as it is. */
  readonly stacks: ArrayBuffer
  /** Of the Unix epoch. */
  readonly startNs: number
  readonly endNs: number
  /** Of the Unix epoch, when CLOCK_MONOTONIC was 0. */
  readonly monotonicEpochNs: number
  readonly frequencyHz: number
  /** The window ends with it. */
  readonly isLast: boolean
}

/** What the thread is given when it starts. */
export interface SymbolThreadData {
  readonly options: SymbolizerOptions
  /** Where `ImagesMessage`s come: they go before turns, which come by the thread's own port. */
  readonly images: MessagePort
}

/** What has become of a turn. */
export interface TurnResult {
  /** Samples. */
  readonly kept: number
  readonly broken: number
  /** Of processes that had ended before their mappings were read. */
  readonly unknown: number
  /** Samples that found no room, by the limit of the window that they met. */
  readonly dropped: readonly (readonly [limit: string, count: number])[]
  readonly symbolFiles: number
  readonly symbolBytes: number
  /** Where the turn was the window's last. */
  readonly window?: WindowData
}
