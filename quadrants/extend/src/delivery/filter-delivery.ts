import { create } from '@bufbuild/protobuf'
import {
  FilterOrderKind,
  HeldFilterSchema,
  OrderStatusSchema,
  PartialModuleSchema,
  ReleaseStage,
  type HeldFilter,
  type ModuleChunk,
  type ModuleFetch,
  type PartialModule,
  type ReleaseStatus,
  type SignedOrder,
  type SignedRelease,
} from '@quadrant/proto'
import type { DeliveryPolicy } from './delivery-policy.ts'
import { DeliveryReports, type DeliveryListener } from './delivery-reports.ts'
import type { StatusSubject } from './delivery-status.ts'
import type { FilterSink } from './filter-sink.ts'
import { ModuleArrivals } from './module-arrivals.ts'
import { refuse, type Refusal, type RefusalCode } from './refusal.ts'
import { keptDigest, type ReleaseStore } from './release-store.ts'
import { ServedFilters } from './served-filters.ts'
import { verifyOrder } from './verify-order.ts'
import { releaseDigest, verifyAgain, verifyRelease, type VerifiedRelease } from './verify-release.ts'

/** So often a candidate is begun in processes that end while it begins: it must not end the gateway for ever. */
const ATTEMPTS_MAX = 3

export interface FilterDeliveryOptions<Prepared> {
  readonly store: ReleaseStore
  readonly policy: DeliveryPolicy
  readonly sink: FilterSink<Prepared>
  readonly nowNs: () => number
  /** Default 60,000 ms. */
  readonly prepareTimeoutMs?: number
}

/** A release on its way. */
interface Job {
  readonly verified: VerifiedRelease
  readonly signed: SignedRelease
}

/**
 * A gateway's filters: takes releases and orders from wherever they come, checks them, has modules come, and puts what is
 * right in service, one at a time. What serves goes on until something else does.
 *
 *     offer ─▶ verified ─▶ module comes ─▶ accepted, on disk ─▶ compiled ─▶ warmed ─▶ serving
 *        └▶ refused           └▶ refused                           └────────┴▶ rolled back
 */
export class FilterDelivery<Prepared> implements AsyncDisposable {
  readonly #options: FilterDeliveryOptions<Prepared>
  readonly #served: ServedFilters<Prepared>
  readonly #arrivals: ModuleArrivals
  readonly #reports: DeliveryReports
  /** The newest of each filter that was verified, and waits. */
  readonly #waiting = new Map<string, Job>()
  /** Of which nothing that is kept may serve: off until something does. */
  readonly #withheld = new Set<string>()
  #current: Job | undefined
  /** Ends when all that is under way has come to an end. */
  #working: Promise<void> | undefined
  /** Whatever begins filters or ends them waits for the last that does. */
  #turn: Promise<unknown> = Promise.resolve()
  #isOver = false

  constructor(options: FilterDeliveryOptions<Prepared>) {
    this.#options = options
    this.#served = new ServedFilters(options)
    this.#arrivals = new ModuleArrivals(options.store, () => this.#reports.listener?.onWant())
    this.#reports = new DeliveryReports({
      isKept: (name) => options.policy.grants.has(name),
      serving: (name) => this.#served.serving(name),
      nowNs: options.nowNs,
    })
  }

  /** Puts what served last in service again. To be called once, before anything is offered. */
  restore(): Promise<void> {
    return this.#inTurn(() => this.#restore())
  }

  /** From now on what happens is told there; undefined: nobody is connected. */
  connect(listener: DeliveryListener | undefined): void {
    this.#reports.listener = listener
    this.#arrivals.restart()
  }

  /** The newest of each filter, for somebody who has just come. */
  statuses(): readonly ReleaseStatus[] {
    return this.#reports.newest
  }

  held(): readonly HeldFilter[] {
    const { policy, store } = this.#options
    return [...policy.grants.keys()].map((name) => {
      const { acceptedVersion = 0n, orderSequence = 0n, off = false } = store.holding(name) ?? {}
      const serving = this.#served.serving(name)
      return create(HeldFilterSchema, {
        name,
        acceptedVersion,
        ...(serving && { servingVersion: serving.version, servingSha256: serving.moduleSha256 }),
        orderSequence,
        off,
      })
    })
  }

  partials(): readonly PartialModule[] {
    return this.#options.store
      .partials()
      .map(({ digest, bytes }) =>
        create(PartialModuleSchema, { moduleSha256: new Uint8Array(Buffer.from(digest, 'hex')), bytes }),
      )
  }

  /** Takes a release. Returns whether it may be followed; what comes of it is told. */
  offer(signed: SignedRelease): boolean {
    const verdict = this.#verify(signed)
    if (verdict.kind === 'refused') {
      this.#reports.tell(
        { ...stranger(signed), release: verdict.release },
        ReleaseStage.REFUSED,
        verdict.refusal,
      )
      return false
    }
    const { verified, isKnown } = verdict
    const { name, version } = verified.release
    if (isKnown) {
      this.#tellAgain(verified)
      return true
    }
    const current = this.#current?.verified.release.name === name ? this.#current : undefined
    for (const other of [this.#waiting.get(name), current]) {
      if (other?.verified.digest === verified.digest) return true
      if (!other || other.verified.release.version < version) continue
      this.#refuse(verified, refuse('downgraded', `version ${other.verified.release.version} is on its way`))
      return false
    }
    const superseded = refuse('superseded', `version ${version} has come`)
    const waiting = this.#waiting.get(name)
    if (waiting) this.#refuse(waiting.verified, superseded)
    // Of the same module what comes is as good for this one.
    if (current && !Buffer.from(current.verified.release.moduleSha256).equals(verified.release.moduleSha256))
      this.#arrivals.giveUp(current.verified.release, superseded)
    this.#waiting.set(name, { verified, signed })
    this.#reports.tell(verified, ReleaseStage.VERIFIED)
    this.#working ??= this.#work()
    return true
  }

  /** Follows an order to switch a filter off or on, if it may be followed; returns whether it was. */
  async order(signed: SignedOrder): Promise<boolean> {
    const { store, policy, sink, nowNs } = this.#options
    const sequence = (name: string) => store.holding(name)?.orderSequence ?? 0n
    const verdict = verifyOrder(signed, { policy, sequence, nowNs: nowNs() })
    const { order } = verdict
    if (verdict.kind === 'followed') {
      const { name, kind, sequence } = verdict.order
      // At once. Should the process end before it is on disk, it is told again.
      sink.switch(name, kind === FilterOrderKind.ON && !this.#withheld.has(name))
      await store.ordered(name, sequence, kind === FilterOrderKind.OFF)
    }
    this.#reports.listener?.onOrder(
      create(OrderStatusSchema, {
        ...(order && {
          name: order.name,
          sequence: order.sequence,
          off: store.holding(order.name)?.off ?? false,
        }),
        orderSha256: new Uint8Array(Buffer.from(releaseDigest(signed.order), 'hex')),
        followed: verdict.kind === 'followed',
        ...(verdict.kind === 'refused' && { code: verdict.refusal.code, reason: verdict.refusal.reason }),
        timeNs: nowNs(),
      }),
    )
    return verdict.kind === 'followed'
  }

  /** What to ask for now. */
  nextFetch(): ModuleFetch | undefined {
    return this.#arrivals.nextFetch()
  }

  get isWaitingForModule(): boolean {
    return this.#arrivals.isWaiting
  }

  /** Takes a part of a module. */
  chunk(chunk: ModuleChunk): Promise<void> {
    return this.#arrivals.take(chunk)
  }

  /** What serves is no good after all: the one before it serves again, if there is one and it may. */
  async withdraw(name: string, reason: string): Promise<void> {
    const { store, policy } = this.#options
    await this.#inTurn(async () => {
      const { serving, previous } = store.holding(name) ?? {}
      if (!serving || !previous || (await this.#served.restore(previous)).refusal) return
      const withdrawn = refuse('withdrawn', reason)
      await store.wentBack(name, withdrawn)
      const again = verifyAgain(serving, policy)
      const about = 'verified' in again ? again.verified : stranger(serving)
      this.#reports.tell(about, ReleaseStage.ROLLED_BACK, withdrawn)
    })
  }

  /** Ends when nothing is under way any more that changes the disk. What serves goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    this.#waiting.clear()
    if (this.#current) this.#arrivals.giveUp(this.#current.verified.release, refuse('superseded', 'it ends'))
    await this.#working
    await this.#turn
  }

  async #restore(): Promise<void> {
    const { policy, store, sink } = this.#options
    for (const name of policy.grants.keys()) {
      if (this.#isOver) return
      const { off, serving, previous, candidate, candidateAttempts } = store.holding(name) ?? {}
      if (off) sink.switch(name, false)
      for (const kept of [serving, previous]) {
        if (!kept || this.#served.serving(name)) continue
        const { verified, refusal } = await this.#served.restore(kept)
        const stage = refusal ? ReleaseStage.REFUSED : ReleaseStage.SERVING
        this.#reports.tell(verified ?? stranger(kept), stage, refusal)
      }
      // A sink that had it before, by another configuration, must not go on with it.
      if (serving && !this.#served.serving(name)) this.#withhold(name)
      if (!candidate) continue
      const again = verifyAgain(candidate, policy)
      if ('refusal' in again) {
        this.#reports.tell(stranger(candidate), ReleaseStage.REFUSED, again.refusal)
        continue
      }
      const job = { ...again, signed: candidate }
      if (candidateAttempts! < ATTEMPTS_MAX) await this.#begin(job)
      else await this.#fail(job, 'crashed', `this gateway ended ${candidateAttempts} times while it began`)
    }
  }

  #verify(signed: SignedRelease) {
    const { policy, store, nowNs } = this.#options
    return verifyRelease(signed, { policy, accepted: (name) => store.accepted(name), nowNs: nowNs() })
  }

  async #work(): Promise<void> {
    for (const [name, job] of this.#waiting) {
      this.#waiting.delete(name)
      this.#current = job
      await this.#deliver(job).catch((error: unknown) =>
        this.#refuse(
          job.verified,
          refuse('not-stored', error instanceof Error ? error.message : String(error)),
        ),
      )
      this.#current = undefined
    }
    this.#working = undefined
  }

  async #deliver(job: Job): Promise<void> {
    const { verified, signed } = job
    const { release } = verified
    const { store } = this.#options
    if (!(await store.module(release))) {
      const refusal = await this.#arrivals.fetch(release)
      if (this.#isOver) return
      if (refusal) return this.#refuse(verified, refusal)
    }
    this.#reports.tell(verified, ReleaseStage.RECEIVED)
    // It may have taken days to come.
    const verdict = this.#verify(signed)
    if (verdict.kind === 'refused') return this.#refuse(verified, verdict.refusal)
    const newer = this.#waiting.get(release.name)?.verified.release.version
    if (newer !== undefined) return this.#refuse(verified, refuse('superseded', `version ${newer} has come`))
    await this.#inTurn(async () => {
      await store.accept(verified, signed)
      await this.#begin(job)
    })
  }

  /** Its module is on disk, and it is the candidate. */
  async #begin(job: Job): Promise<void> {
    const { verified } = job
    const { release } = verified
    const { store } = this.#options
    await store.attempt(release.name)
    const result = await this.#served.prepare(verified, () =>
      this.#reports.tell(verified, ReleaseStage.COMPILED),
    )
    if ('refusal' in result) {
      // Where those are gone who would run it, that says nothing against it: the next process begins it.
      if (this.#isOver) return
      return this.#fail(job, result.refusal.code, result.refusal.reason)
    }
    this.#reports.tell(verified, ReleaseStage.WARMED)
    this.#served.swap(release, result.prepared)
    if (this.#withheld.delete(release.name) && !store.holding(release.name)?.off)
      this.#options.sink.switch(release.name, true)
    await store.serving(release.name)
    this.#reports.tell(verified, ReleaseStage.SERVING)
  }

  async #fail({ verified }: Job, code: RefusalCode, reason: string): Promise<void> {
    const refusal = refuse(code, reason)
    await this.#options.store.failed(verified.release.name, refusal)
    this.#reports.tell(verified, ReleaseStage.ROLLED_BACK, refusal)
  }

  #refuse(verified: VerifiedRelease, refusal: Refusal): void {
    this.#reports.tell(verified, ReleaseStage.REFUSED, refusal)
  }

  /** It was accepted before: it serves, is about to, or has failed. */
  #tellAgain(verified: VerifiedRelease): void {
    const { release, digest } = verified
    const { serving, candidate, failedCode, failedReason } = this.#options.store.holding(release.name)!
    if (candidate) return
    if (serving && keptDigest(serving) === digest) this.#reports.tell(verified, ReleaseStage.SERVING)
    else
      this.#reports.tell(verified, ReleaseStage.ROLLED_BACK, refuse(failedCode as RefusalCode, failedReason))
  }

  #withhold(name: string): void {
    this.#withheld.add(name)
    this.#options.sink.switch(name, false)
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run)
    this.#turn = turn.catch(() => {})
    return turn
  }
}

/** Signed by nobody who is trusted, or not so that it would be read. */
function stranger(signed: SignedRelease): StatusSubject {
  return { release: undefined, digest: releaseDigest(signed.release), signers: [] }
}
