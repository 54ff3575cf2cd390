import { EbpfError } from '../error.ts'
import { releaseBytes, type RingRegion } from './region.ts'
import { releaseBatch, walkBatch, WalkControl, type WalkRecord } from './walk-batch.ts'
import { type Code, get, type Local, sequence, ValueType } from './wasm/code.ts'
import { encodeModule } from './wasm/module.ts'

const WASM_PAGE_BYTES = 65_536
const RECORDS_MAX = 2 ** 31 - 1

/** Reads a ring batch by batch with generated wasm that imports the ring's own memory. */
export interface RingWalker {
  /**
   * Reads up to `recordsMax` records, calling `onBatch` after each batch of them, and tells the producer how far.
   * @throws {EbpfError} `argument` when called from `onBatch`; `system` for a corrupt ring
   */
  drain(recordsMax: number, onBatch?: (recordCount: number) => void): number
  /** Only within `onBatch`: reading goes on at this position (low word). */
  rewind(position: number): void
  /** Whether there is a complete record to read. */
  readonly readable: () => boolean
  /** Records the producer threw away, modulo 2^32. */
  discardedCount(): number
}

/**
 * @param controlAt where in the region's memory `WALK_CONTROL_BYTES` zero bytes are free
 * @param recordCode what the module does with the records
 */
export function ringWalker(region: RingRegion, controlAt: number, recordCode: RecordCode): RingWalker {
  const { buffer } = region.memory
  const integers = new Int32Array(buffer)
  const readTo = (controlAt + WalkControl.readTo) >>> 2
  const discarded = (controlAt + WalkControl.discarded) >>> 2
  const corrupt = (controlAt + WalkControl.corrupt) >>> 2
  const exports = instantiate(region, controlAt, recordCode)
  const releaseEvery = releaseBytes(region.dataBytes)
  const readPosition = () => integers[readTo]!
  let draining = false

  return {
    drain(recordsMax, onBatch) {
      // The producer learns of a batch when it is over: a drain within would read the same records again.
      if (draining) throw new EbpfError('argument', 'drain called from its own callback')
      draining = true
      let recordCount = 0
      let released = Atomics.load(integers, region.consumerAt >>> 2)
      integers[readTo] = released
      try {
        for (;;) {
          const from = readPosition()
          const batchCount = exports.walk(Math.min(recordsMax - recordCount, RECORDS_MAX))
          if (batchCount > 0) onBatch?.(batchCount)
          recordCount += batchCount
          const foundNothing = readPosition() === from
          // A record committed before our position was seen to have caught up with it does not wake a waiter
          // (ringbuf.c, bpf_ringbuf_commit): only a walk that found nothing after a release is the last one.
          if (foundNothing && from === released) break
          if (!foundNothing && (readPosition() - released) >>> 0 < releaseEvery) continue
          exports.release()
          released = readPosition()
        }
      } finally {
        exports.release()
        draining = false
      }
      if (integers[corrupt] !== 0) {
        integers[corrupt] = 0
        throw new EbpfError('system', `ring buffer: corrupt header at ${readPosition() >>> 0}`)
      }
      return recordCount
    },
    rewind(position) {
      integers[readTo] = position
    },
    readable() {
      const at = Atomics.load(integers, region.consumerAt >>> 2)
      if (Atomics.load(integers, region.producerAt >>> 2) === at) return false
      return Atomics.load(integers, (region.dataAt + (at & (region.dataBytes - 1))) >>> 2) >= 0
    },
    discardedCount: () => integers[discarded]! >>> 0,
  }
}

/** Generates what happens to records; `local` makes local variables of the walking function. */
export type RecordCode = (local: (type: ValueType) => Local) => {
  /** Runs before each batch. */
  readonly begin?: Code
  /** Runs for each record. */
  readonly each: (record: WalkRecord) => Code
}

interface WalkExports {
  walk(recordsMax: number): number
  release(): void
}

function instantiate(region: RingRegion, controlAt: number, recordCode: RecordCode): WalkExports {
  const binary = encodeModule({
    memoryPages: region.memory.buffer.byteLength / WASM_PAGE_BYTES,
    functions: [
      {
        name: 'walk',
        parameters: [ValueType.i32],
        results: [ValueType.i32],
        body: ([recordsMax], local) => {
          const recordCount = local(ValueType.i32)
          const { begin = sequence(), each } = recordCode(local)
          return sequence(
            begin,
            walkBatch(region, controlAt, { recordsMax: recordsMax!, recordCount }, local, each),
            get(recordCount),
          )
        },
      },
      {
        name: 'release',
        parameters: [],
        results: [],
        body: (_, local) => releaseBatch(region, controlAt, local),
      },
    ],
  })
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary), {
    env: { memory: region.memory },
  })
  return instance.exports as unknown as WalkExports
}
