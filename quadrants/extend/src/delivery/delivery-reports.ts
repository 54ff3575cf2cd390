import type { OrderStatus, ReleaseStage, ReleaseStatus } from '@quadrant/proto'
import { releaseStatus, type Serving, type StatusSubject } from './delivery-status.ts'
import type { Refusal } from './refusal.ts'

/** Whoever is connected, and is told what a gateway does. */
export interface DeliveryListener {
  readonly onStatus: (status: ReleaseStatus) => void
  readonly onOrder: (status: OrderStatus) => void
  /** There may be something to fetch. */
  readonly onWant: () => void
}

export interface DeliveryReportsOptions {
  /** Whether it is the name of a filter here; others are told and forgotten. */
  readonly isKept: (name: string) => boolean
  readonly serving: (name: string) => Serving | undefined
  readonly nowNs: () => number
}

/** What a gateway tells of its filters: to whoever is connected, and the newest of each to who comes later. */
export class DeliveryReports {
  readonly #options: DeliveryReportsOptions
  readonly #newest = new Map<string, ReleaseStatus>()
  listener: DeliveryListener | undefined

  constructor(options: DeliveryReportsOptions) {
    this.#options = options
  }

  /** The newest of each filter. */
  get newest(): readonly ReleaseStatus[] {
    return [...this.#newest.values()]
  }

  tell(about: StatusSubject, stage: ReleaseStage, refusal?: Refusal): void {
    const { release } = about
    const { isKept, serving, nowNs } = this.#options
    const status = releaseStatus(about, {
      stage,
      refusal,
      serving: release && serving(release.name),
      timeNs: nowNs(),
    })
    if (release && isKept(release.name)) this.#newest.set(release.name, status)
    this.listener?.onStatus(status)
  }
}
