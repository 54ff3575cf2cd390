import { WasmError } from '../error.ts'
import { guestFrames, type GuestFrame } from '../wasi/trap.ts'
import type { FilterContext } from './context.ts'
import { DurationHistogram } from './duration-histogram.ts'
import { filterExports, type Callback, type FilterExports } from './filter-exports.ts'
import type { FilterHost } from './filter-host.ts'
import { FuelGuard } from './fuel-guard.ts'
import { hostImports } from './hostcalls/imports.ts'
import type { FilterFailure, FilterLimits, FilterRefusals } from './limits.ts'
import { LogBudget } from './log-budget.ts'
import { VmMemory } from './vm-memory.ts'

/** One of so many callbacks is timed. */
const TIMED_EVERY = 16
/** A guest that calls the host so often in one callback has its time looked at. */
const HOST_CALLS_PER_LOOK = 256
/** Or one whose calls move so many bytes. */
const MOVED_BYTES_PER_LOOK = 256 * 1024

/** No status of any callback: one that is not known stops. */
const ITERATION_STOPPED = 0xffff_ffff

/** What is known of an instance that is over. */
export interface FilterCrash {
  readonly failure: FilterFailure
  /** The engine's words, or ours. */
  readonly message: string
  readonly frames: readonly GuestFrame[]
}

/** Unwinds a guest that has used what it may. */
class GuestOver extends Error {
  readonly failure: FilterFailure
  constructor(failure: FilterFailure, message: string) {
    super(message)
    this.failure = failure
  }
}

export interface FilterVmOptions {
  readonly vmId: string
  readonly vmConfiguration: Uint8Array
  readonly env: Readonly<Record<string, string>>
  readonly limits: FilterLimits
  /** Names of hostcalls, as `proxy_http_call` and `fd_write`; all where it is undefined. */
  readonly capabilities: ReadonlySet<string> | undefined
}

/**
 * One instance of a filter's module. One callback at a time runs in it, and what the guest asks to happen to its streams
 * happens after it has returned. An instance that trapped is over: it is never called again.
 */
export class FilterVm {
  readonly host: FilterHost
  readonly options: FilterVmOptions
  readonly exports: FilterExports
  readonly memory: VmMemory
  readonly refused: FilterRefusals = {
    logLines: 0,
    calls: 0,
    contexts: 0,
    metrics: 0,
    values: 0,
    capability: 0,
    properties: 0,
  }
  /** Of what it logs, by whichever way. */
  readonly logBudget: LogBudget
  /** Of callbacks, one of 16, in nanoseconds. */
  readonly durations = new DurationHistogram()
  callCount = 0
  readonly contexts = new Map<number, FilterContext>()
  /** Whoever wants to know when it is over: once, at the end of the callback. */
  onCrash: ((crash: FilterCrash) => void) | undefined
  /** Whether a callback answered its stream: whatever it returns, the stream stops. */
  isIterationStopped = false
  readonly #fuel: FuelGuard | undefined
  #nextContextId = 1
  #current: FilterContext | undefined
  #effectiveId = 0
  #depth = 0
  #hostCallCount = 0
  #callStartMs = 0
  /** Set when a callback has taken longer than it may, by the clock. */
  #cpuAtTimeoutMs: number | undefined
  #crash: FilterCrash | undefined
  #isRetired = false
  #deferred: (() => void)[] = []

  private constructor(module: WebAssembly.Module, host: FilterHost, options: FilterVmOptions) {
    this.host = host
    this.options = options
    this.logBudget = new LogBudget(options.limits, this.refused)
    const instance = new WebAssembly.Instance(module, hostImports(this, module) as WebAssembly.Imports)
    this.exports = filterExports(instance)
    this.memory = new VmMemory(this.exports.memory, (size) => this.#allocate(size))
    this.#fuel = FuelGuard.attach(instance, options.limits.fuelPerCallMax, (isFuelOver) => {
      this.#stopOver()
      if (isFuelOver) this.#over('fuel', 'it has used the fuel of a callback')
      this.lookAtTime()
    })
  }

  /** @throws {WasmError} `link` for a module that is no filter, or imports what filters do not have */
  static instantiate(module: WebAssembly.Module, host: FilterHost, options: FilterVmOptions): FilterVm {
    try {
      return new FilterVm(module, host, options)
    } catch (error) {
      throw WasmError.from(error, 'link')
    }
  }

  /** Has it initialise itself: `_initialize` and then `main`, or `_start`. */
  initialize(): void {
    const { initialize, main, start } = this.exports
    if (initialize === undefined) {
      this.invoke(undefined, start, 0)
      return
    }
    this.invoke(undefined, initialize, 0)
    this.invoke(undefined, main, 0, 0, 0)
  }

  /** Undefined while it can be called. */
  get crash(): FilterCrash | undefined {
    return this.#crash
  }

  get fuelUsed(): number | undefined {
    return this.#fuel?.used
  }

  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength
  }

  /** Undefined, and counted, where it has too many contexts. */
  nextContextId(): number | undefined {
    if (this.contexts.size >= this.options.limits.contextsMax) {
      this.refused.contexts++
      return undefined
    }
    while (this.contexts.has(this.#nextContextId))
      this.#nextContextId = (this.#nextContextId % 0x7fff_ffff) + 1
    const id = this.#nextContextId
    this.#nextContextId = (id % 0x7fff_ffff) + 1
    return id
  }

  /** Whom a hostcall is for. */
  get context(): FilterContext | undefined {
    return this.#effectiveId === 0 ? this.#current : (this.contexts.get(this.#effectiveId) ?? this.#current)
  }

  /** Whether a callback runs. */
  get isBusy(): boolean {
    return this.#depth > 0
  }

  /** False where there is no such context; 0 is that of the callback. */
  setEffectiveContext(id: number): boolean {
    if (id !== 0 && !this.contexts.has(id)) return false
    this.#effectiveId = id
    return true
  }

  /**
   * Calls back into the guest.
   *
   * @returns what it returned, as an unsigned number; more than any status is where it has answered its stream, which
   *   stops that then; `otherwise` where it has no such function, or is over or retired
   */
  invoke(
    context: FilterContext | undefined,
    callback: Callback | undefined,
    otherwise: number,
    a = 0,
    b = 0,
    c = 0,
    d = 0,
    e = 0,
  ): number {
    if (callback === undefined || this.#crash !== undefined || this.#isRetired) return otherwise
    const outerContext = this.#current
    const outerEffectiveId = this.#effectiveId
    this.#current = context
    this.#effectiveId = 0
    const isOutermost = this.#depth++ === 0
    const isTimed = ++this.callCount % TIMED_EVERY === 0
    if (isOutermost) {
      this.#fuel?.beginCall()
      this.#hostCallCount = 0
      this.#callStartMs = performance.now()
      this.#cpuAtTimeoutMs = undefined
    }
    try {
      const value = (callback(a, b, c, d, e) ?? 0) >>> 0
      return this.isIterationStopped ? ITERATION_STOPPED : value
    } catch (error) {
      this.#fail(error)
      return otherwise
    } finally {
      if (isTimed) this.durations.record((performance.now() - this.#callStartMs) * 1e6)
      this.#current = outerContext
      this.#effectiveId = outerEffectiveId
      this.#depth--
      if (isOutermost) this.#afterCall()
    }
  }

  /** Does it when the callback that runs has returned, or now if none does. */
  defer(action: () => void): void {
    if (this.#depth === 0) action()
    else this.#deferred.push(action)
  }

  /** At the begin of each hostcall. Ends a guest that does nothing but call. */
  countHostCall(): void {
    this.#stopOver()
    const count = ++this.#hostCallCount
    if (count % HOST_CALLS_PER_LOOK !== 0 && this.memory.movedBytes < MOVED_BYTES_PER_LOOK) return
    this.memory.movedBytes = 0
    if (count > this.options.limits.hostCallsPerCallMax)
      this.#over('host-calls', `it has called the host ${count} times in one callback`)
    this.lookAtTime()
  }

  exit(code: number): never {
    this.#over('exit', `it called proc_exit(${code})`)
  }

  /** It is called no more, although nothing is wrong with it. */
  retire(): void {
    this.#isRetired = true
  }

  /** It is over although it did not trap. */
  fail(failure: FilterFailure, message: string): void {
    this.#crashed({ failure, message, frames: [] })
  }

  /**
   * Ends a guest whose callback takes too long. By the clock first, which costs next to nothing. A thread that others kept
   * from running is not the guest's fault: from then on it has as much time of the processor.
   */
  lookAtTime(): void {
    const { timePerCallMsMax } = this.options.limits
    if (performance.now() - this.#callStartMs <= timePerCallMsMax) return
    const usedMs = threadCpuMs()
    this.#cpuAtTimeoutMs ??= usedMs
    if (usedMs - this.#cpuAtTimeoutMs > timePerCallMsMax)
      this.#over('time', `a callback took more than ${timePerCallMsMax} ms`)
  }

  /** A guest may have caught what unwound it. */
  #stopOver(): void {
    if (this.#crash !== undefined) this.#over(this.#crash.failure, this.#crash.message)
  }

  /** It is over from here on, also where it catches what unwinds it. */
  #over(failure: FilterFailure, message: string): never {
    const error = new GuestOver(failure, message)
    this.#fail(error)
    throw error
  }

  /** Within a hostcall: what it throws unwinds the guest, too. */
  #allocate(size: number): number {
    try {
      return this.exports.allocate(size)
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  #fail(error: unknown): void {
    const failure =
      error instanceof GuestOver ? error.failure : error instanceof RangeError ? 'stack' : 'trap'
    const message = error instanceof Error ? error.message : 'the guest threw an exception'
    this.#crashed({ failure, message, frames: guestFrames(error) })
  }

  #crashed(crash: FilterCrash): void {
    if (this.#crash !== undefined) return
    this.#crash = crash
    // A guest that catches what unwinds it does not come far.
    this.#fuel?.exhaust()
    this.defer(() => this.onCrash?.(crash))
  }

  #afterCall(): void {
    this.isIterationStopped = false
    // What is done may call back, which defers anew.
    while (this.#deferred.length > 0 && this.#depth === 0) {
      const actions = this.#deferred
      this.#deferred = []
      for (const action of actions) action()
    }
  }
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
