import { DescriptorTable } from './descriptor-table.ts'
import type { Surroundings } from './clocks.ts'
import type { Gate } from './gate.ts'
import { GuestMemory } from './guest-memory.ts'
import { fail } from './errno.ts'

/** Why a guest was ended from outside. */
export type KillReason = 'aborted' | 'wall-time' | 'fuel' | 'memory'

/** Unwinds a guest that called proc_exit. */
export class GuestExit extends Error {
  override readonly name = 'GuestExit'
}

/** Unwinds a guest that is ended from outside. */
export class GuestKill extends Error {
  override readonly name = 'GuestKill'
}

/** How a guest ends, where it is not by returning or trapping. */
export type Ending =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'killed'; readonly reason: KillReason }

export interface ProcessOptions {
  /** In UTF-8, without NUL. */
  readonly args: readonly Uint8Array[]
  readonly env: readonly Uint8Array[]
  readonly surroundings: Surroundings
  readonly descriptorsMax: number
  /** Milliseconds that a guest may run without the event loop getting its turn. */
  readonly turnMs: number
  /** Where it waits with what others could see, if it is begun before it is needed. */
  readonly gate?: Gate
}

/** All that the calls of one guest share. */
export class GuestProcess {
  readonly args: readonly Uint8Array[]
  readonly env: readonly Uint8Array[]
  readonly surroundings: Surroundings
  readonly descriptors: DescriptorTable
  /** What is disposed of when the guest has ended. */
  readonly owned = new DisposableStack()
  readonly gate: Gate | undefined
  readonly #turnMs: number
  #memory: GuestMemory | undefined
  /** What the guest has run of its turn before it last began to run, in milliseconds. */
  #turnUsedMs = 0
  #runsSince = performance.now()
  #ending: Ending | undefined
  readonly #atEnd = new Set<() => void>()

  constructor(options: ProcessOptions) {
    this.args = options.args
    this.env = options.env
    this.surroundings = options.surroundings
    this.descriptors = new DescriptorTable(options.descriptorsMax)
    this.gate = options.gate
    this.#turnMs = options.turnMs
  }

  /** The memory that exists only once the module is instantiated; a start function could call before that. */
  get memory(): GuestMemory {
    return this.#memory ?? fail('FAULT')
  }

  useMemory(memory: WebAssembly.Memory): void {
    this.#memory = new GuestMemory(memory)
  }

  get ending(): Ending | undefined {
    return this.#ending
  }

  /**
   * Unwinds a guest that is over. At the begin of every call, since a guest can catch exceptions: it gets the next one
   * at its next call.
   */
  throwIfOver(): void {
    if (this.#ending?.kind === 'exit') throw new GuestExit()
    if (this.#ending !== undefined) throw new GuestKill()
  }

  exit(code: number): never {
    this.#ending ??= { kind: 'exit', code }
    this.throwIfOver()
    throw new GuestExit()
  }

  /** Ends it at its next call, or now if it waits. */
  kill(reason: KillReason): void {
    this.#ending ??= { kind: 'killed', reason }
    for (const listener of this.#atEnd) listener()
  }

  /** Calls back when the guest is ended from outside. Returns what ends that. */
  onKill(listener: () => void): () => void {
    this.#atEnd.add(listener)
    return () => this.#atEnd.delete(listener)
  }

  /** Whether others have waited long enough. */
  get isTurnOver(): boolean {
    return this.#turnUsedMs + performance.now() - this.#runsSince >= this.#turnMs
  }

  /** Lets everything else on this thread run. */
  async yieldTurn(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
    this.beginTurn()
  }

  /** After the event loop had its turn. */
  beginTurn(): void {
    this.#turnUsedMs = 0
    this.resume()
  }

  /**
   * Before the guest waits. What it waits for may come before the event loop has its turn, again and again: so its turn
   * goes on when it resumes.
   */
  pause(): void {
    this.#turnUsedMs += performance.now() - this.#runsSince
  }

  resume(): void {
    this.#runsSince = performance.now()
    this.throwIfOver()
  }
}
