import type { HostClock } from '../discover/host-clock.ts'
import { readStat } from '../discover/proc-files.ts'
import { processKey, type ProcessEntry } from '../discover/process-entry.ts'
import type { ProcessListener } from '../discover/process-table.ts'
import { exeKey, openExe, type ExeFile } from './exe-file.ts'
import type { ReadAnswer } from './exe-order.ts'
import { ExeReadings } from './exe-readings.ts'
import type { ExeThread } from './exe-thread.ts'
import { Executables, type Executable, type ExecutablesOptions } from './executables.ts'
import { mappedFiles } from './mapped-files.ts'
import type { Program } from './program.ts'

/** A fork is about to execute something in this time, as a rule. */
const FORKED_NS = 1e8
/** A program that is no Go program has mapped its libraries by then; one that is over by then is not told. */
const SETTLED_NS = 3e8

/** Files that are held open for the thread at once, each for one process; the other processes wait. */
const READING_MAX = 128

/** Who is told what runs. */
export interface ProgramObserver {
  /** `file` is the observer's to close. */
  runs(program: Program, file: ExeFile): void
  /** It has ended, or executed something else. */
  left(program: Program): void
}

export interface ProgramsOptions extends ExecutablesOptions {
  readonly clock: HostClock
  readonly procRoot: string
  /** Reads executables. */
  readonly thread: ExeThread
  /** When a process began, ns of the Unix epoch. */
  readonly startOf: (process: Readonly<ProcessEntry>) => number
  readonly observer: ProgramObserver
}

/** What each process of the host runs: looked at when it begins and when it executes something, a few at a time. */
export class Programs implements ProcessListener, Disposable {
  readonly executables: Executables
  readonly #options: ProgramsOptions
  readonly #byId = new Map<number, Program>()
  /** Have executed something: first of all, for what happens meanwhile is not seen. */
  readonly #executed = new Set<Program>()
  /** When to look at the others, CLOCK_MONOTONIC. */
  readonly #due = new Map<Program, number>()
  /** Whose executable is being read. */
  readonly #reading = new ExeReadings()
  #checked: IterableIterator<Program> | undefined
  #limitCount = 0
  #unreadableCount = 0

  constructor(options: ProgramsOptions) {
    this.#options = options
    this.executables = new Executables(options)
  }

  /** Looks at processes whose executable found no room; cumulative. */
  get limitCount(): number {
    return this.#limitCount
  }

  /** Processes whose executable could not be read; cumulative. */
  get unreadableCount(): number {
    return this.#unreadableCount
  }

  get waitingCount(): number {
    return this.#executed.size + this.#due.size + this.#reading.count
  }

  [Symbol.iterator](): IterableIterator<Program> {
    return this.#byId.values()
  }

  began(process: Readonly<ProcessEntry>): void {
    const nowNs = this.#options.clock.monotonicNs()
    const program = {
      process,
      key: processKey(process),
      fromNs: this.#options.startOf(process),
      settledNs: nowNs + SETTLED_NS,
      executable: undefined,
      lookedKey: undefined,
      isHidden: false,
    }
    this.#byId.set(process.id, program)
    this.#due.set(program, nowNs + FORKED_NS)
  }

  executed(process: Readonly<ProcessEntry>): void {
    const program = this.#byId.get(process.id)
    if (program === undefined) return
    const { clock } = this.#options
    this.#reading.remove(program)
    this.#leave(program)
    program.fromNs = clock.epochNs()
    program.settledNs = clock.monotonicNs() + SETTLED_NS
    this.#due.delete(program)
    this.#executed.add(program)
  }

  ended(process: Readonly<ProcessEntry>): void {
    const program = this.#byId.get(process.id)
    if (program === undefined) return
    this.#byId.delete(process.id)
    this.#due.delete(program)
    this.#executed.delete(program)
    this.#reading.remove(program)
    this.#leave(program)
  }

  /** Looks at those whose time has come: at one at least, and at no other after `untilNs` (CLOCK_MONOTONIC). */
  look(untilNs: number): void {
    let nowNs = this.#options.clock.monotonicNs()
    for (const program of this.#executed) {
      if (this.#reading.count >= READING_MAX) return
      this.#executed.delete(program)
      this.#lookAt(program, nowNs)
      nowNs = this.#options.clock.monotonicNs()
      if (nowNs >= untilNs) return
    }
    for (const [program, dueNs] of this.#due) {
      if (dueNs > nowNs) continue
      if (this.#reading.count >= READING_MAX) return
      this.#due.delete(program)
      this.#lookAt(program, nowNs)
      nowNs = this.#options.clock.monotonicNs()
      if (nowNs >= untilNs) return
    }
  }

  /** Looks whether the next `count` processes still run what they ran: an exec may have left no record. */
  check(count: number): void {
    for (let left = Math.min(count, this.#byId.size); left > 0; left--) {
      this.#checked ??= this.#byId.values()
      const { value: program, done } = this.#checked.next()
      if (done === true) {
        this.#checked = undefined
        continue
      }
      if (this.#due.has(program) || this.#executed.has(program) || this.#reading.has(program)) continue
      const key = exeKey(this.#options.procRoot, program.process.pid)
      // Without an executable it is a thread of the kernel, or has ended, and its record is on the way.
      if (key === 'none' || key === 'hidden' || key === program.lookedKey) continue
      this.executed(program.process)
    }
  }

  #leave(program: Program): void {
    const { executable } = program
    if (executable === undefined) return
    this.#options.observer.left(program)
    executable.users--
    program.executable = undefined
  }

  #lookAt(program: Program, nowNs: number): void {
    const { procRoot } = this.#options
    const { pid, startTicks } = program.process
    const file = openExe(procRoot, pid)
    program.isHidden = file === 'hidden'
    if (file === 'none' || file === 'hidden') return
    using owned = new DisposableStack()
    owned.use(file)
    // The pid may have been given to another process, of which the record is on the way.
    if (readStat(procRoot, pid)?.startTicks !== startTicks) return
    program.lookedKey = file.key
    const known = this.executables.peek(file.key)
    const isOther = known ? known.build.runtime !== 'go' : this.executables.isOther(file.key)
    if (isOther && nowNs < program.settledNs) {
      this.#due.set(program, program.settledNs)
      return
    }
    owned.move()
    this.#read(program, file, known?.identity.id)
  }

  #read(program: Program, file: ExeFile, knownId: string | undefined): void {
    if (!this.#reading.add(program, file)) return
    const { key, fd, path, source } = file
    this.#options.thread.ask(
      { kind: 'read', key, fd, byteLength: source.byteLength, path, knownId },
      (answer) => {
        for (const [reader, held] of this.#reading.take(key)) this.#wasRead(reader, held, knownId, answer)
      },
    )
  }

  #wasRead(
    program: Program,
    file: ExeFile,
    knownId: string | undefined,
    answer: ReadAnswer | undefined,
  ): void {
    using owned = new DisposableStack()
    owned.use(file)
    if (answer === undefined || 'refusal' in answer) {
      this.#unreadableCount++
      return
    }
    const nowNs = this.#options.clock.monotonicNs()
    const isSettled = nowNs >= program.settledNs
    const found = this.#recognise(program, file, { knownId, answer, isSettled })
    if (found === 'limit') this.#limitCount++
    else if (found === undefined) this.#due.set(program, nowNs)
    else if (found === 'unsettled' || (found.build.runtime !== 'go' && !isSettled))
      this.#due.set(program, program.settledNs)
    else {
      found.users++
      program.executable = found
      owned.move()
      this.#options.observer.runs(program, file)
    }
  }

  /** Undefined where it was known, and has been forgotten meanwhile. */
  #recognise(
    program: Program,
    file: ExeFile,
    { knownId, answer: { exe }, isSettled }: Recognition,
  ): Executable | 'limit' | 'unsettled' | undefined {
    const id = exe?.identity.id ?? knownId
    const known = id === undefined ? undefined : this.executables.find(file.key, id)
    if (known !== undefined || exe === undefined) return known
    if (!isSettled && this.executables.isOther(file.key)) return 'unsettled'
    const mapped = () => mappedFiles(this.#options.procRoot, program.process.pid)
    return this.executables.add(file, exe, isSettled ? mapped : undefined)
  }

  [Symbol.dispose](): void {
    this.#reading[Symbol.dispose]()
  }
}

interface Recognition {
  readonly knownId: string | undefined
  readonly answer: Exclude<ReadAnswer, { readonly refusal: string }>
  readonly isSettled: boolean
}
