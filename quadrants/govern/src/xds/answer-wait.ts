import type { ResourceType } from './resource-type.ts'
import type { Subscription } from './subscription.ts'
import type { TakenRequest, XdsStream } from './xds-stream.ts'

/** What the streams that want some resources said to them. */
export interface Answers {
  /** Streams that took all of them. */
  readonly acknowledgedCount: number
  /** Streams that rejected a response with one of them. */
  readonly rejectedCount: number
  /** Streams that left before they had answered. */
  readonly leftCount: number
}

/** Waits until every stream that wants some resources has said how it takes what they are now, or has left. */
export class AnswerWait {
  readonly #names: ReadonlyMap<ResourceType, ReadonlySet<string>>
  /** Of each stream that has yet to answer, by type and name: which response has to be answered for it. */
  readonly #outstanding = new Map<XdsStream, Map<Subscription, Map<string, number>>>()
  readonly #done: (answers: Answers) => void
  #isBegun = false
  #acknowledgedCount = 0
  #rejectedCount = 0
  #leftCount = 0

  constructor(
    streams: Iterable<XdsStream>,
    names: ReadonlyMap<ResourceType, ReadonlySet<string>>,
    done: (answers: Answers) => void,
  ) {
    this.#names = names
    this.#done = done
    for (const stream of streams) {
      const ofStream = new Map<Subscription, Map<string, number>>()
      for (const subscription of stream.subscriptions()) {
        const wanted = [...(names.get(subscription.type) ?? [])].filter((name) => subscription.wants(name))
        if (wanted.length > 0) ofStream.set(subscription, new Map(subscription.outstanding(wanted)))
      }
      if (ofStream.size > 0) this.#outstanding.set(stream, ofStream)
      this.recheck(stream)
    }
    this.#isBegun = true
    this.#finish()
  }

  /** After a request of a stream. */
  taken(stream: XdsStream, { subscription, answer }: TakenRequest): void {
    const outstanding = this.#outstanding.get(stream)?.get(subscription)
    if (!outstanding) return
    if (answer) {
      const { number, changed, removed } = answer.response
      for (const name of [...changed.map(({ name }) => name), ...removed]) {
        const needed = outstanding.get(name)
        if (needed !== undefined && needed <= number) outstanding.delete(name)
      }
    }
    this.recheck(stream)
  }

  /** After something of a stream may have become right without an answer: it was changed back, or is not wanted now. */
  recheck(stream: XdsStream): void {
    const ofStream = this.#outstanding.get(stream)
    if (!ofStream) return
    for (const [subscription, outstanding] of ofStream) {
      const still = subscription.outstanding(outstanding.keys())
      for (const name of outstanding.keys()) if (!still.has(name)) outstanding.delete(name)
      if (outstanding.size > 0) return
    }
    this.#outstanding.delete(stream)
    const isRejected = [...ofStream.keys()].some((subscription) =>
      subscription.isRejected(this.#names.get(subscription.type)!),
    )
    if (isRejected) this.#rejectedCount++
    else this.#acknowledgedCount++
    this.#finish()
  }

  left(stream: XdsStream): void {
    if (!this.#outstanding.delete(stream)) return
    this.#leftCount++
    this.#finish()
  }

  #finish(): void {
    if (!this.#isBegun || this.#outstanding.size > 0) return
    this.#done({
      acknowledgedCount: this.#acknowledgedCount,
      rejectedCount: this.#rejectedCount,
      leftCount: this.#leftCount,
    })
  }
}
