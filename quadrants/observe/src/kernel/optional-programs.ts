import { type CollectionSpec, EbpfError } from '@quadrant/ebpf'
import type { ObjectName } from './objects.ts'
import type { ProgramFailure, Programs } from './programs.ts'

/** Loads programs without which the rest still works: a kernel may lack a tracepoint. What it refuses is noted. */
export class OptionalPrograms {
  readonly #programs: Programs
  readonly #failures: ProgramFailure[] = []

  constructor(programs: Programs) {
    this.#programs = programs
  }

  /** What could not be loaded or attached so far. */
  get failures(): readonly ProgramFailure[] {
    return this.#failures
  }

  /**
   * Loads programs of an object, together where the kernel takes them all, else one by one.
   *
   * @returns functions that attach one program each
   */
  load(
    object: ObjectName,
    names: readonly string[],
    prepare?: (spec: CollectionSpec) => void,
  ): ReadonlyArray<() => void> {
    try {
      const group = this.#programs.load(object, { programs: names, prepare })
      return names.map((name) => () => void this.attempt(name, () => group.attach(name)))
    } catch (error) {
      if (names.length > 1) return names.flatMap((name) => this.load(object, [name], prepare))
      this.#note(names[0] ?? object, error)
      return []
    }
  }

  /** What `action` returns, or undefined where the kernel refuses it. */
  attempt<T>(program: string, action: () => T): T | undefined {
    try {
      return action()
    } catch (error) {
      this.#note(program, error)
      return undefined
    }
  }

  /** @throws {EbpfError} what the kernel said to a program, if it was refused */
  require(program: string): void {
    const failure = this.#failures.find((one) => one.program === program)
    if (failure !== undefined) throw failure.error
  }

  #note(program: string, error: unknown): void {
    if (!(error instanceof EbpfError)) throw error
    this.#failures.push({ program, error })
  }
}
