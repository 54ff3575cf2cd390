import type { ExeFile, ExeKey } from './exe-file.ts'
import type { Program } from './program.ts'

interface Reading {
  /** What is read: open until it was, whoever it was opened for. */
  readonly first: ExeFile
  readonly readers: Map<Program, ExeFile>
}

/** Executables that are being read, and the processes that run them: each file once, however many do. */
export class ExeReadings implements Disposable {
  readonly #byKey = new Map<ExeKey, Reading>()
  readonly #byProgram = new Map<Program, Reading>()

  /** Processes that wait for what is read. */
  get count(): number {
    return this.#byProgram.size
  }

  has(program: Program): boolean {
    return this.#byProgram.has(program)
  }

  /** Takes the file over. False where it is being read already, for another process: an open file keeps its key. */
  add(program: Program, file: ExeFile): boolean {
    const known = this.#byKey.get(file.key)
    const reading = known ?? { first: file, readers: new Map() }
    reading.readers.set(program, file)
    this.#byProgram.set(program, reading)
    this.#byKey.set(file.key, reading)
    return known === undefined
  }

  /** It has ended, or runs something else. */
  remove(program: Program): void {
    const reading = this.#byProgram.get(program)
    if (reading === undefined) return
    const file = reading.readers.get(program)!
    this.#byProgram.delete(program)
    reading.readers.delete(program)
    if (file !== reading.first) file[Symbol.dispose]()
  }

  /** It was read, or given up: who waited for it, each with its file. */
  take(key: ExeKey): ReadonlyMap<Program, ExeFile> {
    const reading = this.#byKey.get(key)
    if (reading === undefined) return new Map()
    this.#byKey.delete(key)
    let isWanted = false
    for (const [program, file] of reading.readers) {
      this.#byProgram.delete(program)
      isWanted ||= file === reading.first
    }
    if (!isWanted) reading.first[Symbol.dispose]()
    return reading.readers
  }

  [Symbol.dispose](): void {
    for (const key of this.#byKey.keys()) for (const file of this.take(key).values()) file[Symbol.dispose]()
  }
}
