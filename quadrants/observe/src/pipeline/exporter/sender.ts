import type { Parcel } from '../parcel.ts'

/** How one attempt ended. */
export type Outcome =
  /** Taken by the backend, but for `rejectedCount` of the items (partial success). */
  | { readonly kind: 'sent'; readonly rejectedCount: number; readonly message: string }
  /** Not now. `afterMs` is the backend's own wish. */
  | { readonly kind: 'retry'; readonly message: string; readonly afterMs?: number }
  /** Never: `reason` is a short word for the counters. */
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }

/** Brings one parcel to a backend, once. It never throws. */
export interface Sender extends AsyncDisposable {
  send(parcel: Parcel, signal: AbortSignal): Promise<Outcome>
}
