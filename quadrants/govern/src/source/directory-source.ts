import { DocumentFeed, type DocumentSource } from './document-feed.ts'

const FILES_MAX = 10_000
const FILE_BYTES_MAX = 64 << 20
const DEPTH_MAX = 16
const DEBOUNCE_MS = 50

/** The part of a file system that is needed, as `node:fs/promises` and `fs.watch` have it. */
export interface SourceFileSystem {
  readdir(path: string): Promise<readonly string[]>
  /** Follows links. */
  stat(path: string): Promise<SourceFileStat>
  readFile(path: string): Promise<Uint8Array>
  /** Tells that something happened among the entries of a directory, or that it can no longer be watched. */
  watch(path: string, changed: () => void, failed: (error: unknown) => void): { close(): void }
}

export interface SourceFileStat {
  readonly ino: number
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  isDirectory(): boolean
}

export interface DirectorySourceOptions {
  readonly fileSystem: SourceFileSystem
  /** Ends the source, and all that it watches. */
  readonly signal: AbortSignal
  /** Between a change and the reading, so that what is written together is read together. Default 50 ms. */
  readonly debounceMs?: number
  /** More are not read, and a problem says so. Default 10,000. */
  readonly filesMax?: number
}

/**
 * The YAML and JSON files of a directory and of those in it. Names that begin with a dot are passed over, so a mounted
 * ConfigMap, whose files are links through `..data`, has each file once; that link is replaced in the watched directory
 * itself. A file that cannot be read keeps the text that it had, with a problem.
 */
export function directorySource(root: string, options: DirectorySourceOptions): DocumentSource {
  const feed = new DocumentFeed()
  const scan = new DirectoryScan(root, feed, options)
  const end = (): void => {
    scan[Symbol.dispose]()
    feed[Symbol.dispose]()
  }
  if (options.signal.aborted) end()
  else {
    options.signal.addEventListener('abort', end, { once: true })
    scan.begin()
  }
  return feed
}

class DirectoryScan implements Disposable {
  readonly #root: string
  readonly #feed: DocumentFeed
  readonly #fileSystem: SourceFileSystem
  readonly #debounceMs: number
  readonly #filesMax: number
  readonly #watched = new Map<string, { close(): void }>()
  /** What a file was when it was read, by name. */
  readonly #known = new Map<string, string>()
  #problems = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #isReading = false
  #isChanged = false
  #isEnded = false

  constructor(root: string, feed: DocumentFeed, options: DirectorySourceOptions) {
    this.#root = root
    this.#feed = feed
    this.#fileSystem = options.fileSystem
    this.#debounceMs = options.debounceMs ?? DEBOUNCE_MS
    this.#filesMax = options.filesMax ?? FILES_MAX
  }

  begin(): void {
    void this.#read()
  }

  [Symbol.dispose](): void {
    this.#isEnded = true
    clearTimeout(this.#timer)
    for (const watcher of this.#watched.values()) watcher.close()
    this.#watched.clear()
  }

  #schedule(delayMs: number): void {
    if (this.#isEnded) return
    if (this.#isReading) this.#isChanged = true
    else this.#timer ??= setTimeout(() => void this.#read(), delayMs)
  }

  async #read(): Promise<void> {
    this.#timer = undefined
    this.#isReading = true
    this.#isChanged = false
    const problems = new Map<string, string>()
    const directories = new Set<string>()
    const files = new Map<string, string>()
    await this.#walk('', 0, { problems, directories, files })
    if (this.#isEnded) return
    for (const [path, watcher] of this.#watched)
      if (!directories.has(path)) {
        watcher.close()
        this.#watched.delete(path)
      }
    for (const [name, state] of files) await this.#take(name, state, problems)
    if (this.#isEnded) return
    // Where a directory could not be read, nothing says that its files are gone.
    const unread = [...problems.keys()]
    for (const name of this.#known.keys())
      if (
        !files.has(name) &&
        !unread.some((one) => one === '' || one === name || name.startsWith(`${one}/`))
      ) {
        this.#known.delete(name)
        this.#feed.set(name, undefined)
      }
    for (const name of this.#problems) if (!problems.has(name)) this.#feed.setProblem(name || '.', undefined)
    for (const [name, message] of problems) this.#feed.setProblem(name || '.', message)
    this.#problems = new Set(problems.keys())
    this.#feed.setSynced()
    this.#isReading = false
    // A root that is not there has nothing to watch: this alone is asked again and again.
    if (this.#isChanged) this.#schedule(this.#debounceMs)
    else if (!this.#watched.has('')) this.#schedule(1000)
  }

  async #walk(directory: string, depth: number, found: Found): Promise<void> {
    found.directories.add(directory)
    let names: readonly string[]
    try {
      // Watched before it is read: what changes in between is read again.
      this.#watch(directory)
      names = (await this.#fileSystem.readdir(this.#pathOf(directory))).toSorted()
    } catch (error) {
      this.#unwatch(directory)
      found.problems.set(directory, messageOf(error))
      return
    }
    for (const entry of names) {
      if (this.#isEnded) return
      if (entry.startsWith('.')) continue
      const name = directory ? `${directory}/${entry}` : entry
      try {
        const stat = await this.#fileSystem.stat(this.#pathOf(name))
        if (stat.isDirectory()) {
          if (depth < DEPTH_MAX) await this.#walk(name, depth + 1, found)
          else found.problems.set(name, `directories are read to a depth of ${DEPTH_MAX}`)
        } else if (/\.(ya?ml|json)$/i.test(entry)) {
          if (found.files.size >= this.#filesMax)
            found.problems.set(name, `at most ${this.#filesMax} files are read`)
          else if (stat.size > FILE_BYTES_MAX)
            found.problems.set(name, `a file has at most ${FILE_BYTES_MAX} bytes`)
          else found.files.set(name, `${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`)
        }
      } catch (error) {
        // Gone between the two calls is gone; a link to nothing too.
        if (!isMissing(error)) found.problems.set(name, messageOf(error))
      }
    }
  }

  async #take(name: string, state: string, problems: Map<string, string>): Promise<void> {
    if (this.#isEnded || this.#known.get(name) === state) return
    try {
      const bytes = await this.#fileSystem.readFile(this.#pathOf(name))
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      this.#known.set(name, state)
      this.#feed.set(name, text)
    } catch (error) {
      if (isMissing(error)) this.#isChanged = true
      else problems.set(name, messageOf(error))
    }
  }

  #watch(directory: string): void {
    if (this.#isEnded || this.#watched.has(directory)) return
    const watcher = this.#fileSystem.watch(
      this.#pathOf(directory),
      () => this.#schedule(this.#debounceMs),
      () => {
        this.#unwatch(directory)
        this.#schedule(this.#debounceMs)
      },
    )
    this.#watched.set(directory, watcher)
  }

  #unwatch(directory: string): void {
    this.#watched.get(directory)?.close()
    this.#watched.delete(directory)
  }

  #pathOf(name: string): string {
    return name ? `${this.#root}/${name}` : this.#root
  }
}

interface Found {
  readonly problems: Map<string, string>
  readonly directories: Set<string>
  readonly files: Map<string, string>
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
