import {
  type CloseType,
  HttpContext,
  TcpContext,
  type FilterCrash,
  type FilterHost,
  type FilterVm,
  type HttpStream,
  type Properties,
  type TcpStream,
} from '@quadrant/wasm/proxy-wasm'
import type { ConnectionFilter } from '../stream/filter-connection.ts'
import type { StreamFilter } from '../stream/filter-stream.ts'
import type { FilterSubject } from '../stream/filter-subject.ts'
import { addCounts, addEach, filterCounts, type FilterCounts } from './filter-counts.ts'
import { makeVm, startInstance, type FilterInstance } from './filter-instance.ts'
import type { PluginSpec } from './plugin-spec.ts'
import { RestartBackoff } from './restart-backoff.ts'

export interface FilterPluginOptions {
  readonly host: FilterHost
  /** What a new instance can ask about its plugin where there is no stream: what it declares and keeps is its own. */
  readonly properties: () => Properties
  /** @param root those of the instance that has the stream */
  readonly streamProperties: (stream: FilterSubject, root: Properties) => Properties
  readonly nowMs: () => number
  readonly random: () => number
  /** Calls back after that many milliseconds; what it returns ends that. */
  readonly later: (afterMs: number, callback: () => void) => () => void
  /** Told of each crash. */
  readonly crashed: (crash: FilterCrash) => void
  /** Told once that nothing is left of it. */
  readonly closed: () => void
}

/** Whether a filter serves, and since when it does not. */
export type PluginState = 'serving' | 'restarting' | 'killed' | 'over'

/**
 * A filter on one thread: the instance that has its streams, and one more that has initialised itself and takes over when that
 * is over. What crashes again and again comes back later and later.
 */
export class FilterPlugin implements StreamFilter, ConnectionFilter {
  readonly spec: PluginSpec
  readonly #module: WebAssembly.Module
  readonly #options: FilterPluginOptions
  readonly #backoff: RestartBackoff
  readonly #counts = filterCounts()
  #current: FilterInstance | undefined
  #spare: FilterVm | undefined
  #isMakingSpare = false
  #isRestarting = false
  #endWait: (() => void) | undefined
  #isKilled = false
  #isOver = false
  #openStreamCount = 0
  #whenIdle: (() => void) | undefined

  private constructor(module: WebAssembly.Module, spec: PluginSpec, options: FilterPluginOptions) {
    this.#module = module
    this.spec = spec
    this.#options = options
    this.#backoff = new RestartBackoff(spec.restart, options.random)
  }

  /**
   * One that is ready for streams.
   *
   * @returns why not, where it does not start or does not accept its configuration
   * @throws {WasmError} `link` where it is no filter
   */
  static async open(
    module: WebAssembly.Module,
    spec: PluginSpec,
    options: FilterPluginOptions,
  ): Promise<FilterPlugin | FilterCrash> {
    const plugin = new FilterPlugin(module, spec, options)
    try {
      const made = plugin.#start(await plugin.#makeVm())
      if ('vm' in made) {
        plugin.#serve(made)
        return plugin
      }
      options.closed()
      return made
    } catch (error) {
      options.closed()
      throw error
    }
  }

  get state(): PluginState {
    if (this.#isOver) return 'over'
    if (this.#isKilled) return 'killed'
    return this.#current === undefined ? 'restarting' : 'serving'
  }

  get openStreamCount(): number {
    return this.#openStreamCount
  }

  /** Of the instance that serves, and of the one that waits. */
  get memoryBytes(): number {
    return (this.#current?.vm.memoryBytes ?? 0) + (this.#spare?.memoryBytes ?? 0)
  }

  /** What was counted, that of the instance that serves included. */
  counts(): FilterCounts {
    const sum = filterCounts()
    addCounts(sum, this.#counts)
    if (this.#current !== undefined) addInstance(sum, this.#current)
    if (this.#spare !== undefined) addVm(sum, this.#spare)
    return sum
  }

  openContext(stream: HttpStream): HttpContext | false | undefined {
    const id = this.#current?.vm.nextContextId()
    if (this.#current === undefined || id === undefined) return this.#missed()
    this.#counts.streams++
    this.#openStreamCount++
    return new PluginContext(this.#current, id, stream, this.spec.onFailure === 'open', this.#streamEnded)
  }

  openConnection(stream: TcpStream): TcpContext | false | undefined {
    const id = this.#current?.vm.nextContextId()
    if (this.#current === undefined || id === undefined) return this.#missed()
    this.#counts.streams++
    this.#openStreamCount++
    return new PluginConnection(this.#current, id, stream, this.spec.onFailure === 'open', this.#streamEnded)
  }

  properties(stream: FilterSubject): Properties {
    return this.#options.streamProperties(
      stream,
      this.#current?.root.properties ?? this.#options.properties(),
    )
  }

  /** The switch by which it is off at once; on again, it starts anew. */
  setKilled(isKilled: boolean): void {
    if (this.#isKilled === isKilled || this.#isOver) return
    this.#isKilled = isKilled
    if (isKilled) {
      this.#endWait?.()
      const current = this.#current
      this.#current = undefined
      if (current !== undefined) this.#retire(current)
    } else {
      void this.#restart()
    }
  }

  /** Takes no more streams; done when those that it has are over, or, after the time, cut off from it. */
  async drain(timeoutMs: number): Promise<void> {
    if (this.#openStreamCount > 0) {
      await new Promise<void>((resolve) => {
        const endWait = this.#options.later(timeoutMs, resolve)
        this.#whenIdle = () => {
          endWait()
          resolve()
        }
      })
    }
    await this.#close()
  }

  readonly #streamEnded = (): void => {
    if (--this.#openStreamCount === 0) this.#whenIdle?.()
  }

  /** A stream begins, and there is no instance for it. */
  #missed(): false | undefined {
    const isOpen = this.spec.onFailure === 'open'
    if (isOpen) this.#counts.bypassed++
    else this.#counts.refused++
    return isOpen ? undefined : false
  }

  async #close(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    this.#endWait?.()
    if (this.#spare !== undefined) addVm(this.#counts, this.#spare)
    this.#spare = undefined
    const current = this.#current
    this.#current = undefined
    if (current !== undefined) {
      await this.#endPlugin(current)
      this.#retire(current)
    }
    this.#options.closed()
  }

  /** Tells it to go, and waits until it is done, or over. */
  async #endPlugin({ vm, root }: FilterInstance): Promise<void> {
    await new Promise<void>((resolve) => {
      const endWait = this.#options.later(PLUGIN_END_MS_MAX, resolve)
      const done = () => {
        endWait()
        resolve()
      }
      vm.onCrash = (crash) => {
        this.#counts.crashes[crash.failure]++
        this.#options.crashed(crash)
        done()
      }
      root.end(done)
    })
  }

  async #makeVm(): Promise<FilterVm> {
    this.#counts.instancesMade++
    return await makeVm(this.#module, this.spec, this.#options.host)
  }

  /** One more of a module that could be linked before: what keeps it from that now is a crash like others. */
  async #makeAnother(): Promise<FilterVm | FilterCrash> {
    try {
      return await this.#makeVm()
    } catch (error) {
      const message = error instanceof Error ? error.message : 'it cannot be instantiated'
      return { failure: 'start', message, frames: [] }
    }
  }

  #start(vm: FilterVm): FilterInstance | FilterCrash {
    const made = vm.crash ?? startInstance(vm, this.spec, this.#options.properties())
    if ('failure' in made) addVm(this.#counts, vm)
    return made
  }

  #serve(instance: FilterInstance): void {
    this.#current = instance
    instance.vm.onCrash = (crash) => this.#crashed(instance, crash)
    void this.#makeSpare()
  }

  async #makeSpare(): Promise<void> {
    if (this.#spare !== undefined || this.#isMakingSpare || this.#isOver) return
    this.#isMakingSpare = true
    const made = await this.#makeAnother()
    this.#isMakingSpare = false
    const crash = 'failure' in made ? made : made.crash
    if (crash !== undefined) this.#counts.crashes[crash.failure]++
    if (!('failure' in made)) this.#keepSpare(made)
  }

  #crashed(instance: FilterInstance, crash: FilterCrash): void {
    this.#counts.crashes[crash.failure]++
    this.#options.crashed(crash)
    if (this.#current === instance) {
      this.#current = undefined
      const waitMs = this.#backoff.crashed(this.#options.nowMs())
      if (waitMs === 0) void this.#restart()
      else
        this.#endWait = this.#options.later(waitMs, () => {
          void this.#restart()
        })
    }
    this.#retire(instance)
  }

  /** One that is called no more: its streams go on without, or end. */
  #retire(instance: FilterInstance): void {
    addInstance(this.#counts, instance)
    instance.vm.onCrash = undefined
    // One that was switched off is sound, and would go on to be told of the streams that it has.
    instance.vm.retire()
    const contexts = [...instance.vm.contexts.values()]
    for (const context of contexts)
      if (context instanceof HttpContext || context instanceof TcpContext) {
        this.#counts.cutOff++
        context.crashed()
      }
    instance.root.release()
  }

  async #restart(): Promise<void> {
    if (this.#isOver || this.#isKilled || this.#current !== undefined || this.#isRestarting) return
    const spare = this.#spare
    this.#spare = undefined
    this.#isRestarting = true
    const vm = spare ?? (await this.#makeAnother())
    this.#isRestarting = false
    if (this.#isOver || this.#isKilled) {
      // It may have been switched off meanwhile.
      if (!('failure' in vm)) this.#keepSpare(vm)
      return
    }
    const made = 'failure' in vm ? vm : this.#start(vm)
    if ('failure' in made) {
      this.#counts.crashes[made.failure]++
      this.#options.crashed(made)
      this.#endWait = this.#options.later(this.#backoff.crashed(this.#options.nowMs()), () => {
        void this.#restart()
      })
    } else this.#serve(made)
  }

  #keepSpare(vm: FilterVm): void {
    if (this.#isOver || this.#spare !== undefined || vm.crash !== undefined) addVm(this.#counts, vm)
    else this.#spare = vm
  }
}

/** A plugin that says it is not done is waited for so long. */
const PLUGIN_END_MS_MAX = 1000

/** Tells when its stream is over. */
class PluginContext extends HttpContext {
  readonly #ended: () => void
  #hasEnded = false

  constructor(
    { root }: FilterInstance,
    id: number,
    stream: HttpStream,
    isFailOpen: boolean,
    ended: () => void,
  ) {
    super(root, id, stream, isFailOpen)
    this.#ended = ended
  }

  override end(): void {
    super.end()
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#ended()
  }
}

/** The same for a connection of bytes. */
class PluginConnection extends TcpContext {
  readonly #ended: () => void
  #hasEnded = false

  constructor(
    { root }: FilterInstance,
    id: number,
    stream: TcpStream,
    isFailOpen: boolean,
    ended: () => void,
  ) {
    super(root, id, stream, isFailOpen)
    this.#ended = ended
  }

  override downstreamClosed(by: CloseType): void {
    super.downstreamClosed(by)
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#ended()
  }
}

function addInstance(sum: FilterCounts, { vm, root }: FilterInstance): void {
  addVm(sum, vm)
  sum.refusals.properties += root.properties.refusedCount ?? 0
}

function addVm(sum: FilterCounts, vm: FilterVm): void {
  sum.callbacks += vm.callCount
  sum.fuelUsed += vm.fuelUsed ?? 0
  addEach(sum.refusals, vm.refused)
  sum.durations.add(vm.durations)
}
