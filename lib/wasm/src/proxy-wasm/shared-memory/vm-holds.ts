import type { SharedMemory } from './shared-memory.ts'

/**
 * How many filters of each vm_id a thread has. As in proxy-wasm-cpp-host (its `VmIdHandle`) shared data and queues are
 * there as long as any filter of their vm_id is, on any thread, and are gone with the last.
 */
export class VmHolds {
  readonly #memory: SharedMemory
  readonly #counts = new Map<string, number>()

  constructor(memory: SharedMemory) {
    this.#memory = memory
  }

  hold(vmId: string): void {
    const count = this.#counts.get(vmId) ?? 0
    this.#counts.set(vmId, count + 1)
    // Where there is no place for it, it can have nothing to be kept, either.
    if (count === 0) this.#memory.holdVm(vmId)
  }

  letGo(vmId: string): void {
    const count = this.#counts.get(vmId) ?? 0
    if (count > 1) this.#counts.set(vmId, count - 1)
    else if (this.#counts.delete(vmId)) this.#memory.letGoVm(vmId)
  }
}
