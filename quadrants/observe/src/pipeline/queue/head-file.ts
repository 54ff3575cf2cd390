import { crc32 } from 'node:zlib'
import type { QueueFile } from './queue-directory.ts'

/** Where the oldest record lies that was not done, and how many items were put in before it. */
export interface QueueHead {
  readonly segment: number
  readonly offset: number
  readonly item: number
}

const SLOT_BYTES = 36

/**
 * The head of a queue: two places that are written in turn, each with a number and a checksum, so that a kill in the
 * middle of a write leaves the one before.
 */
export class HeadFile {
  readonly #file: QueueFile
  #generation = 0

  constructor(file: QueueFile) {
    this.#file = file
  }

  /** The newest sound one; undefined where there is none. */
  read(): QueueHead | undefined {
    let head: QueueHead | undefined
    for (const slot of [0, 1]) {
      const bytes = new Uint8Array(SLOT_BYTES)
      if (this.#file.read(bytes, slot * SLOT_BYTES) < SLOT_BYTES) continue
      const view = new DataView(bytes.buffer)
      if (view.getUint32(32, true) !== crc32(bytes.subarray(0, 32))) continue
      const [generation, segment, offset, item] = [0, 8, 16, 24].map((at) => view.getFloat64(at, true))
      if (![generation, segment, offset, item].every((value) => Number.isSafeInteger(value) && value! >= 0))
        continue
      if (generation! <= this.#generation) continue
      this.#generation = generation!
      head = { segment: segment!, offset: offset!, item: item! }
    }
    return head
  }

  write(head: QueueHead): void {
    this.#generation++
    const bytes = new Uint8Array(SLOT_BYTES)
    const view = new DataView(bytes.buffer)
    view.setFloat64(0, this.#generation, true)
    view.setFloat64(8, head.segment, true)
    view.setFloat64(16, head.offset, true)
    view.setFloat64(24, head.item, true)
    view.setUint32(32, crc32(bytes.subarray(0, 32)), true)
    this.#file.write(bytes, (this.#generation % 2) * SLOT_BYTES)
  }

  close(): void {
    this.#file.close()
  }
}
