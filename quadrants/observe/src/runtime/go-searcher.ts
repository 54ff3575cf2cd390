import type { ExeThread } from './exe-thread.ts'
import type { Executable } from './executables.ts'
import type { GoFiles } from './go-files.ts'
import type { GoProcess } from './go-process.ts'
import type { GoSearch } from './go-search.ts'

const GIVEN_UP: GoSearch = {
  variables: {},
  places: undefined,
  refusal: 'the search of its code for where collections are seen came to no end',
  tls: undefined,
  tlsRefusal: 'the search of its code for where TLS is read came to no end',
}

export interface GoSearcherOptions {
  readonly thread: ExeThread
  readonly files: GoFiles
  /** Once for each process, unless it was removed. */
  readonly onFound: (process: GoProcess, search: GoSearch) => void
}

/** Has Go programs searched in a thread, each executable once. */
export class GoSearcher {
  readonly #options: GoSearcherOptions
  readonly #found = new WeakMap<Executable, GoSearch>()
  readonly #waiting = new Map<Executable, Set<GoProcess>>()
  #failedCount = 0

  constructor(options: GoSearcherOptions) {
    this.#options = options
  }

  /** Executables that the thread could not search; cumulative. */
  get failedCount(): number {
    return this.#failedCount
  }

  add(process: GoProcess): void {
    const { program, file } = process
    const executable = program.executable!
    const found = this.#found.get(executable)
    if (found) return this.#options.onFound(process, found)
    const waiting = this.#waiting.get(executable)
    if (waiting) {
      waiting.add(process)
      return
    }
    const { thread, files } = this.#options
    this.#waiting.set(executable, new Set([process]))
    files.hold(file)
    const { key, fd, byteLength } = file
    thread.ask({ kind: 'search', key, fd, byteLength }, (search) => {
      if (search === undefined) this.#failedCount++
      this.#answer(executable, search ?? GIVEN_UP)
      files.release(file)
    })
  }

  remove(process: GoProcess): void {
    const { executable } = process.program
    if (executable) this.#waiting.get(executable)?.delete(process)
  }

  #answer(executable: Executable, search: GoSearch): void {
    const waiting = this.#waiting.get(executable)
    this.#waiting.delete(executable)
    this.#found.set(executable, search)
    for (const process of waiting ?? []) this.#options.onFound(process, search)
  }
}
