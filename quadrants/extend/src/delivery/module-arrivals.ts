import { create } from '@bufbuild/protobuf'
import { ModuleFetchSchema, type FilterRelease, type ModuleChunk, type ModuleFetch } from '@quadrant/proto'
import type { ModuleDownload } from './module-download.ts'
import { refuse, type Refusal } from './refusal.ts'
import type { ReleaseStore } from './release-store.ts'

interface Arrival {
  readonly moduleSha256: Buffer
  readonly download: ModuleDownload
  /** Once: further calls change nothing. */
  readonly end: (refusal: Refusal | undefined) => void
}

/** Modules that are not here yet, one after another, from whoever is connected. */
export class ModuleArrivals {
  readonly #store: ReleaseStore
  /** Told when there may be something to ask for. */
  readonly #onWant: () => void
  #arrival: Arrival | undefined
  /** What comes of it now was asked for before it was given up. */
  #givenUp: Buffer | undefined

  constructor(store: ReleaseStore, onWant: () => void) {
    this.#store = store
    this.#onWant = onWant
  }

  /** Whether somebody waits for a module. */
  get isWaiting(): boolean {
    return this.#arrival !== undefined
  }

  /** Ends when the module is there and right, or is refused. Over breaks of the connection it waits. */
  async fetch(release: FilterRelease): Promise<Refusal | undefined> {
    await using download = await this.#store.download(release)
    const refusal = await new Promise<Refusal | undefined>((resolve) => {
      this.#arrival = { moduleSha256: Buffer.from(release.moduleSha256), download, end: resolve }
      this.#onWant()
    })
    this.#arrival = undefined
    return refusal
  }

  /** Another connection: what was asked for on the last comes no more. */
  restart(): void {
    this.#givenUp = undefined
    this.#arrival?.download.restart()
  }

  /** Nobody waits for this module any more. What has come of it stays. */
  giveUp(release: FilterRelease, refusal: Refusal): void {
    if (!this.#arrival?.moduleSha256.equals(release.moduleSha256)) return
    this.#givenUp = this.#arrival.moduleSha256
    this.#arrival.end(refusal)
  }

  /** What to ask for now; undefined while enough is under way. */
  nextFetch(): ModuleFetch | undefined {
    const { download, moduleSha256 } = this.#arrival ?? {}
    const fetch = download?.nextFetch()
    return fetch && create(ModuleFetchSchema, { ...fetch, moduleSha256: new Uint8Array(moduleSha256!) })
  }

  async take(chunk: ModuleChunk): Promise<void> {
    const arrival = this.#arrival
    const isStray =
      this.#givenUp?.equals(chunk.moduleSha256) && !arrival?.moduleSha256.equals(chunk.moduleSha256)
    if (!arrival || isStray) return
    try {
      const result = await arrival.download.take(chunk)
      if (result === 'more') this.#onWant()
      else arrival.end(result === 'complete' ? undefined : result)
    } catch (error) {
      arrival.end(refuse('not-stored', (error as Error).message))
    }
  }
}
