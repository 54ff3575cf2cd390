import { getRandomValues } from 'node:crypto'
import { WasmError } from '../../error.ts'
import { BlockArena } from './block-arena.ts'
import { Head, layOutShared, Place, PlaceState, placeWord } from './layout.ts'
import { lockAll, unlockAll } from './lock.ts'
import type { Region } from './region.ts'
import { sizesOf, type SharedLimits, type SharedSizes } from './shared-limits.ts'
import { sweep } from './sweep.ts'
import { VmTable, type VmUsage } from './vm-table.ts'

/** What a thread needs to open it: plain data, for `workerData` or `postMessage`. For one thread, once. */
export interface SharedHandle {
  readonly buffer: SharedArrayBuffer
  readonly sizes: SharedSizes
  readonly thread: number
  /** Of the thread's place. */
  readonly generation: number
}

/** What happened to it since it was made. */
export interface SharedCounts {
  /** Calls that gave up waiting for another thread. */
  readonly busyCount: number
  /** Threads that ended while it was open there. */
  readonly recoveredCount: number
  /** Values that were lost, since the thread that wrote them ended meanwhile. */
  readonly tornCount: number
}

/**
 * Memory that filters on all threads of the process share: what `ValueTable` and `QueueTable` keep things in.
 *
 * Every call is done at once or waits for other threads, each wait at most `lockWaitMs`; then it is `busy`, with nothing
 * changed. A thread that ends within a call keeps its lock, and those who need it are busy until whoever started the thread
 * calls `forget`. That brings everything in order: a value which was being written is gone, and so is what the thread
 * had taken out of a queue; all else is whole. A call that was cut off is done wholly or not at all otherwise.
 */
export class SharedMemory implements Disposable {
  /** For what is kept in it. */
  readonly region: Region
  readonly arena: BlockArena
  readonly vms: VmTable

  private constructor({ buffer, sizes, thread }: Omit<SharedHandle, 'generation'>) {
    this.region = {
      words: new Int32Array(buffer),
      bytes: new Uint8Array(buffer),
      layout: layOutShared(sizes),
      sizes,
      thread,
    }
    this.arena = new BlockArena(this.region)
    this.vms = new VmTable(this.region, this.arena)
  }

  /** @throws {WasmError} `option` for limits that cannot be kept */
  static create(limits: SharedLimits = {}): SharedMemory {
    const sizes = sizesOf(limits)
    const buffer = new SharedArrayBuffer(layOutShared(sizes).bytes)
    const memory = new SharedMemory({ buffer, sizes, thread: 1 })
    const { words, layout } = memory.region
    words[placeWord(layout, 1) + Place.state] = PlaceState.open
    words[Head.nextCas] = 1
    words[Head.nextToken] = 1
    words.set(getRandomValues(new Int32Array(2)), Head.hashKey)
    memory.arena.rebuild([])
    return memory
  }

  /** @throws {WasmError} `option` for a handle that was used before */
  static open(handle: SharedHandle): SharedMemory {
    const memory = new SharedMemory(handle)
    const state = placeWord(memory.region.layout, handle.thread) + Place.state
    const before = Atomics.compareExchange(memory.region.words, state, PlaceState.given, PlaceState.open)
    if (before !== PlaceState.given)
      throw new WasmError('option', 'each thread opens shared memory by a handle of its own')
    return memory
  }

  /**
   * For one more thread.
   *
   * @throws {WasmError} `option` where `threadsMax` have it
   */
  share(): SharedHandle {
    const { words, layout, sizes } = this.region
    for (let thread = 1; thread <= sizes.threadsMax; thread++) {
      const place = placeWord(layout, thread)
      const before = Atomics.compareExchange(words, place + Place.state, PlaceState.free, PlaceState.given)
      if (before !== PlaceState.free) continue
      const generation = Atomics.add(words, place + Place.generation, 1) + 1
      return { buffer: words.buffer, sizes, thread, generation }
    }
    throw new WasmError('option', `${sizes.threadsMax} threads share this memory already`)
  }

  /**
   * The thread that this was for has ended, whatever it was doing: for its `exit` event. Until then its place is taken.
   *
   * @returns false where another thread holds what is needed, since it has ended as well or does not run: it is to be called
   *   again then, for this one or for another
   */
  forget({ thread, generation }: Pick<SharedHandle, 'thread' | 'generation'>): boolean {
    const { words, layout } = this.region
    const place = placeWord(layout, thread)
    if (Atomics.load(words, place + Place.generation) !== generation) return true
    const before = Atomics.exchange(words, place + Place.state, PlaceState.ended)
    if (before === PlaceState.given || before === PlaceState.free) {
      Atomics.store(words, place + Place.state, PlaceState.free)
      return true
    }
    if (!lockAll(this.region)) return false
    sweep(this)
    if (before !== PlaceState.closed) Atomics.add(words, Head.recovered, 1)
    unlockAll(this.region)
    return true
  }

  /** Undefined where the VM has nothing. */
  usage(vmId: string): VmUsage | undefined {
    const vm = this.vms.find(vmId)
    return typeof vm === 'string' ? undefined : this.vms.usage(vm)
  }

  /** What it had is gone: the last VM of this vm_id is. Goes through everything, with all others waiting. */
  removeVm(vmId: string): 'ok' | 'not-found' | 'busy' {
    const vm = this.vms.find(vmId)
    if (typeof vm === 'string') return vm
    if (!lockAll(this.region)) return 'busy'
    const isCurrent = this.vms.isCurrent(vm)
    if (isCurrent) {
      this.vms.remove(vm)
      sweep(this)
    }
    unlockAll(this.region)
    return isCurrent ? 'ok' : 'not-found'
  }

  /** Filters of this vm_id are here from now on: what it has stays as long as they do, or others on other threads. */
  holdVm(vmId: string): 'ok' | 'over-limit' | 'busy' {
    return this.vms.hold(vmId, this.region.thread)
  }

  /** There are none here any more. With those of the last thread what it had is gone. */
  letGoVm(vmId: string): void {
    if (!this.vms.letGo(vmId, this.region.thread) || !lockAll(this.region)) return
    const vm = this.vms.findLocked(vmId)
    // Another thread may have begun meanwhile.
    if (vm !== undefined && !this.vms.isHeld(vm)) {
      this.vms.remove({ word: vm })
      sweep(this)
    }
    unlockAll(this.region)
  }

  counts(): SharedCounts {
    const { words } = this.region
    return {
      busyCount: Atomics.load(words, Head.busy),
      recoveredCount: Atomics.load(words, Head.recovered),
      tornCount: Atomics.load(words, Head.torn),
    }
  }

  /** This thread is done with it, and in no call. */
  [Symbol.dispose](): void {
    const { words, layout, thread } = this.region
    Atomics.store(words, placeWord(layout, thread) + Place.state, PlaceState.closed)
  }
}
