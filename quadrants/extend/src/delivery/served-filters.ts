import type { FilterRelease, SignedRelease } from '@quadrant/proto'
import { ExtendError } from '../error.ts'
import type { DeliveryPolicy } from './delivery-policy.ts'
import { specOf, type FilterSink } from './filter-sink.ts'
import { refuse, type Refusal } from './refusal.ts'
import type { ReleaseStore } from './release-store.ts'
import { verifyAgain, type VerifiedRelease } from './verify-release.ts'

/** No filter takes so long to begin; one that waits for something that never comes must not hold up the others. */
const PREPARE_TIMEOUT_MS = 60_000

export interface ServedOptions<Prepared> {
  readonly store: ReleaseStore
  readonly policy: DeliveryPolicy
  readonly sink: FilterSink<Prepared>
  /** Default 60,000 ms. */
  readonly prepareTimeoutMs?: number | undefined
}

/** Has modules that are on disk prepared and put in service. One at a time. */
export class ServedFilters<Prepared> {
  readonly #options: ServedOptions<Prepared>
  readonly #serving = new Map<string, FilterRelease>()

  constructor(options: ServedOptions<Prepared>) {
    this.#options = options
  }

  /** What serves a filter's name in this process. */
  serving(name: string): FilterRelease | undefined {
    return this.#serving.get(name)
  }

  /** Puts one that was kept in service again, if it may still be. Returns why it does not serve, where it does not. */
  async restore(
    signed: SignedRelease,
  ): Promise<{ readonly verified?: VerifiedRelease; readonly refusal?: Refusal }> {
    const again = verifyAgain(signed, this.#options.policy)
    if ('refusal' in again) return again
    const prepared = await this.prepare(again.verified, () => {})
    if ('refusal' in prepared) return { ...again, ...prepared }
    this.swap(again.verified.release, prepared.prepared)
    return again
  }

  /** Reads its module, compiles and begins it. */
  async prepare(
    verified: VerifiedRelease,
    onCompiled: () => void,
  ): Promise<{ readonly prepared: Prepared } | { readonly refusal: Refusal }> {
    const { store, sink, prepareTimeoutMs = PREPARE_TIMEOUT_MS } = this.#options
    const module = await store.module(verified.release)
    if (!module)
      return { refusal: refuse('digest-mismatch', 'its module on disk is damaged, and was removed') }
    const abort = new AbortController()
    let isCompiled = false
    const preparing = sink.prepare(specOf(verified), module, {
      signal: abort.signal,
      onCompiled: () => {
        isCompiled = true
        onCompiled()
      },
    })
    let timer: NodeJS.Timeout | undefined
    try {
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(
          () => reject(new ExtendError('runtime', `it was not ready in ${prepareTimeoutMs} ms`)),
          prepareTimeoutMs,
        )
      })
      return { prepared: await Promise.race([preparing, late]) }
    } catch (error) {
      abort.abort()
      // Should it be ready later, it is not wanted any more.
      void preparing.then(
        (prepared) => sink.drain(prepared),
        () => {},
      )
      return {
        refusal: refuse(
          isCompiled ? 'not-started' : 'not-compiled',
          error instanceof Error ? error.message : String(error),
        ),
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** What served before ends with its streams. */
  swap(release: FilterRelease, prepared: Prepared): void {
    const { sink } = this.#options
    const before = sink.swap(release.name, prepared)
    this.#serving.set(release.name, release)
    if (before !== undefined) void sink.drain(before).catch(() => {})
  }
}
