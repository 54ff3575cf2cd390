/**
 * What changed in a source since the last time: texts by name, undefined where one is gone. Policies, services,
 * endpoints and secrets are all documents, so a consumer has one way for them, whatever the source is.
 */
export interface DocumentChanges {
  readonly documents: ReadonlyMap<string, string | undefined>
  /** Everything that the source had at its beginning has been told. */
  readonly isSynced: boolean
  /** What cannot be read at present, by name, and why. */
  readonly problems: ReadonlyMap<string, string>
}

/** Ends when its signal is aborted. */
export type DocumentSource = AsyncIterable<DocumentChanges>

/**
 * Changes for one reader. Those that it has not taken yet become one: what waits is never more than one text for each
 * document.
 */
export class DocumentFeed implements AsyncIterableIterator<DocumentChanges, undefined>, Disposable {
  #documents = new Map<string, string | undefined>()
  readonly #problems = new Map<string, string>()
  #isSynced = false
  #isEnded = false
  #arrived = Promise.withResolvers<void>()

  set(name: string, text: string | undefined): void {
    if (this.#isEnded) return
    this.#documents.set(name, text)
    this.#arrived.resolve()
  }

  /** Tells of something that cannot be read, or with undefined that it can be again. */
  setProblem(name: string, message: string | undefined): void {
    if (this.#isEnded || this.#problems.get(name) === message) return
    if (message === undefined) this.#problems.delete(name)
    else this.#problems.set(name, message)
    this.#arrived.resolve()
  }

  setSynced(): void {
    if (this.#isSynced) return
    this.#isSynced = true
    this.#arrived.resolve()
  }

  async next(): Promise<IteratorResult<DocumentChanges, undefined>> {
    await this.#arrived.promise
    if (this.#isEnded) return { done: true, value: undefined }
    const value = { documents: this.#documents, isSynced: this.#isSynced, problems: new Map(this.#problems) }
    this.#documents = new Map()
    this.#arrived = Promise.withResolvers<void>()
    return { done: false, value }
  }

  async return(): Promise<IteratorResult<DocumentChanges, undefined>> {
    this[Symbol.dispose]()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  [Symbol.dispose](): void {
    this.#isEnded = true
    this.#documents.clear()
    this.#problems.clear()
    this.#arrived.resolve()
  }
}
