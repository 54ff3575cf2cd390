import type { SentVersion } from './answer.ts'
import type { EncodedResource } from './encoded-resource.ts'
import type { TypeCache, Views } from './type-cache.ts'

/** What some names are at one moment, in the bytes of one variant of the protocol. */
export interface Selection {
  readonly resources: readonly EncodedResource[]
  readonly sent: readonly SentVersion[]
  /** Names that nothing has. */
  readonly missing: readonly string[]
  /** All the resources, one after another. */
  readonly body: Buffer
}

interface KeptSelection extends Selection {
  readonly generation: number
  readonly views: Views
  readonly isDelta: boolean
}

/**
 * The last selection of some names, or of all: a thousand proxies that ask for the same get the same bytes, which are
 * put together once.
 */
export class SelectionMemo {
  readonly #cache: TypeCache
  readonly #names: Iterable<string> | undefined
  #last: KeptSelection | undefined

  /** Undefined names are all there are. */
  constructor(cache: TypeCache, names: Iterable<string> | undefined) {
    this.#cache = cache
    this.#names = names
  }

  get(views: Views, isDelta: boolean): Selection {
    const last = this.#last
    const { generation } = this.#cache
    if (last?.generation === generation && last.isDelta === isDelta && isSame(last.views, views)) return last
    const resources: EncodedResource[] = []
    const missing: string[] = []
    if (this.#names)
      for (const name of this.#names) {
        const resource = this.#cache.get(name, views)
        if (resource) resources.push(resource)
        else missing.push(name)
      }
    else resources.push(...this.#cache.visible(views))
    const body = bodyOf(resources, isDelta)
    const sent = resources.map((resource) => resource.sent)
    this.#last = { generation, views, isDelta, resources, sent, missing, body }
    return this.#last
  }
}

/** The last changes that were put together: those who have heard of the same have the same yet to hear. */
export class BodyMemo {
  #resources: readonly EncodedResource[] = []
  #isDelta = false
  #last = { sent: [] as readonly SentVersion[], body: Buffer.alloc(0) as Buffer }

  get(resources: readonly EncodedResource[], isDelta: boolean): Pick<Selection, 'sent' | 'body'> {
    const isLast =
      isDelta === this.#isDelta &&
      resources.length === this.#resources.length &&
      resources.every((resource, index) => resource === this.#resources[index])
    if (isLast) return this.#last
    this.#resources = resources
    this.#isDelta = isDelta
    this.#last = { sent: resources.map(({ sent }) => sent), body: bodyOf(resources, isDelta) }
    return this.#last
  }
}

function bodyOf(resources: readonly EncodedResource[], isDelta: boolean): Buffer {
  return Buffer.concat(resources.map(({ delta, whole }) => (isDelta ? delta : whole)))
}

function isSame(a: Views, b: Views): boolean {
  if (a === b) return true
  return a !== undefined && b !== undefined && a.size === b.size && a.isSubsetOf(b)
}
