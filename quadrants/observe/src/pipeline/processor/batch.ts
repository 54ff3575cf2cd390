import type { PipelineClock } from '../clock.ts'
import type { Consumer, Processor } from '../consumer.ts'
import type { HeldBytes } from '../held-bytes.ts'
import type { StageLedger } from '../ledger.ts'
import { Parcel } from '../parcel.ts'
import type { Signal } from '../signal.ts'
import { splitParcel } from '../wire/split.ts'

export interface BatchOptions {
  /** Spans or data points that make a batch. Default 8192. */
  readonly sendBatchSize: number
  /** When a smaller one is sent. Default 200 ms. */
  readonly timeoutMs: number
  /** What is larger is cut; 0 is no such limit. Default 0. */
  readonly sendBatchMaxSize: number
  /** A batch that would grow beyond this is sent first. Default 3 MiB: gRPC servers take 4 MiB unless told otherwise. */
  readonly sendBatchMaxBytes: number
}

export interface BatchParts {
  readonly signal: Signal
  readonly next: Consumer
  readonly ledger: StageLedger
  readonly clock: PipelineClock
  readonly held: HeldBytes
}

/**
 * Puts parcels together. Two encoded requests, one after the other, are the encoding of both: nothing is decoded, and
 * each byte is copied once.
 */
export function batchProcessor(options: BatchOptions, parts: BatchParts): Processor {
  const { next, ledger, clock, held, signal } = parts
  let waiting: Parcel[] = []
  let items = 0
  let bytes = 0
  let cancel: (() => void) | undefined

  const send = (parcel: Parcel) => {
    const refusal = next.consume(parcel)
    if (refusal) ledger.drop(refusal.reason, parcel.itemCount)
    else ledger.keep(parcel.itemCount)
  }
  const flush = () => {
    cancel?.()
    cancel = undefined
    if (waiting.length === 0) return
    const [only] = waiting
    const batch =
      waiting.length === 1 && only
        ? only
        : Parcel.ofBytes(
            signal,
            Buffer.concat(
              waiting.map((parcel) => parcel.bytes),
              bytes,
            ),
            items,
          )
    held.add(-bytes)
    waiting = []
    items = bytes = 0
    const max = options.sendBatchMaxSize
    if (max > 0 && batch.itemCount > max) for (const part of splitParcel(batch, max)) send(part)
    else send(batch)
  }
  return {
    flush,
    consume(parcel) {
      ledger.see(parcel.itemCount)
      const { length } = parcel.bytes
      if (bytes > 0 && bytes + length > options.sendBatchMaxBytes) flush()
      waiting.push(parcel)
      items += parcel.itemCount
      bytes += length
      held.add(length)
      if (items >= options.sendBatchSize) flush()
      else cancel ??= clock.after(options.timeoutMs, flush)
      return undefined
    },
  }
}
