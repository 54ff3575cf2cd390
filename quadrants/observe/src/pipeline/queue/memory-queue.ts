import type { Parcel } from '../parcel.ts'
import type { QueuedParcel, SendQueue } from './send-queue.ts'

/** A queue in memory: gone with the process. */
export class MemoryQueue implements SendQueue {
  readonly isDurable = false
  readonly #bytesMax: number
  #waiting: (Parcel | undefined)[] = []
  #next = 0
  #heldItems = 0
  #heldBytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get heldItems(): number {
    return this.#heldItems
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  push(parcel: Parcel): string | undefined {
    const { length } = parcel.bytes
    if (this.#heldBytes + length > this.#bytesMax) return 'queue-full'
    this.#waiting.push(parcel)
    this.#heldItems += parcel.itemCount
    this.#heldBytes += length
    return undefined
  }

  take(): QueuedParcel | undefined {
    const parcel = this.#waiting[this.#next]
    if (!parcel) return undefined
    // Whoever sends it has it now: it must not stay here until the array is cut.
    this.#waiting[this.#next++] = undefined
    // The consumed front is given back once it is half of the array: amortised constant time.
    if (this.#next > 32 && this.#next * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next)
      this.#next = 0
    }
    return { itemCount: parcel.itemCount, parcel }
  }

  done({ parcel }: QueuedParcel): void {
    if (!parcel) return
    this.#heldItems -= parcel.itemCount
    this.#heldBytes -= parcel.bytes.length
  }

  [Symbol.dispose](): void {
    this.#waiting = []
    this.#next = 0
  }
}
