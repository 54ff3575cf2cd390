import type { Parcel } from '../parcel.ts'

/** A parcel that was taken from a queue and is still in it, until `done`. */
export interface QueuedParcel {
  readonly itemCount: number
  /** Undefined where it cannot be read any more; `reason` says why. */
  readonly parcel: Parcel | undefined
  readonly reason?: string
}

/** What an exporter has still to send: first in, first out, bounded in bytes. */
export interface SendQueue extends Disposable {
  /** Keeps the parcel; or gives the reason why not. */
  push(parcel: Parcel): string | undefined
  /** The oldest one that was not taken yet. */
  take(): QueuedParcel | undefined
  /** Forgets one that was taken: it was sent, or given up. */
  done(queued: QueuedParcel): void
  /** In it, those that were taken included. */
  readonly heldItems: number
  readonly heldBytes: number
  /** It keeps what it holds when the process ends. */
  readonly isDurable: boolean
}
