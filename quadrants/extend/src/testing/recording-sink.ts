import type { FilterSink, PrepareOptions } from '../delivery/filter-sink.ts'
import type { PluginSpec } from '../filters/plugin/plugin-spec.ts'

export interface PreparedModule {
  readonly spec: PluginSpec
}

interface Engine {
  compile(bytes: Uint8Array): Promise<object>
}

/** Compiles what it is given, and remembers what serves. */
export class RecordingSink implements FilterSink<PreparedModule> {
  readonly serving = new Map<string, PluginSpec>()
  readonly off = new Set<string>()
  readonly compiled: string[] = []
  readonly drained: string[] = []
  /** Thrown by the next filter when it begins. */
  failsToStart: Error | undefined
  /** Awaited before a filter begins. */
  beforeStart: Promise<void> = Promise.resolve()

  async prepare(spec: PluginSpec, module: Uint8Array, options: PrepareOptions): Promise<PreparedModule> {
    this.compiled.push(spec.digest)
    await (WebAssembly as unknown as Engine).compile(module)
    options.onCompiled()
    await this.beforeStart
    const failure = this.failsToStart
    this.failsToStart = undefined
    if (failure) throw failure
    return { spec }
  }

  swap(name: string, prepared: PreparedModule): PreparedModule | undefined {
    const before = this.serving.get(name)
    this.serving.set(name, prepared.spec)
    return before && { spec: before }
  }

  async drain({ spec }: PreparedModule): Promise<void> {
    this.drained.push(spec.digest)
  }

  switch(name: string, isOn: boolean): void {
    if (isOn) this.off.delete(name)
    else this.off.add(name)
  }
}
