import { EbpfError } from '../error.ts'
import { addressOf } from './libc.ts'
import { mapAnonymousFixed, mapFixed } from './memory-map.ts'
import { PAGE_BYTES } from './page-size.ts'

const WASM_PAGE_BYTES = 65_536

/** WebAssembly's own limit without memory64. */
const BYTES_MAX = 65_536 * WASM_PAGE_BYTES

export interface KernelMemoryOptions {
  /** Make it shared between workers and give wasm and JavaScript real atomics on it. Default false. */
  readonly shared?: boolean
}

export interface MapFileOptions {
  /** Where in the file to begin: bytes, a multiple of the page size. Default 0. */
  readonly fdOffset?: number
  /** Default false: a write through a view is then SIGSEGV, as the kernel wants it for producer pages. */
  readonly writable?: boolean
}

/**
 * A WebAssembly.Memory with pages of the kernel in it: ring buffers, perf buffers, mmapable arrays, arenas.
 *
 *     WebAssembly.Memory   ┌──────────┬──────────┬─────────────────────┐
 *     (one ArrayBuffer)    │ fd, page │ fd, page │ anonymous …         │
 *                          └──────────┴──────────┴─────────────────────┘
 *                          0          map(0,…)   map(4096,…)
 *
 * Typed arrays over `buffer` and wasm code that imports `memory` see the kernel's bytes with nothing copied.
 * `dispose` puts anonymous memory back under them, so a view that outlives it reads stale or zero bytes and can
 * never fault.
 */
export class KernelMemory {
  readonly memory: WebAssembly.Memory
  readonly buffer: ArrayBuffer | SharedArrayBuffer
  readonly byteLength: number
  readonly #address: number
  readonly #mapped = new Map<number, number>()
  #disposed = false

  /** Room for at least `byteLength` bytes, rounded up to wasm pages. @throws {EbpfError} */
  constructor(byteLength: number, options: KernelMemoryOptions = {}) {
    if (!(byteLength > 0 && byteLength <= BYTES_MAX))
      throw new EbpfError('argument', `kernel memory of ${byteLength} bytes: 1 to ${BYTES_MAX} are possible`)
    const pages = Math.ceil(byteLength / WASM_PAGE_BYTES)
    // With maximum equal to initial the base address can never change.
    try {
      this.memory = new WebAssembly.Memory({
        initial: pages,
        maximum: pages,
        shared: options.shared ?? false,
      })
    } catch (error) {
      throw EbpfError.from(error, 'limit')
    }
    this.buffer = this.memory.buffer
    this.byteLength = pages * WASM_PAGE_BYTES
    this.#address = addressOf(new Uint8Array(this.buffer))
    if (this.#address % PAGE_BYTES !== 0)
      throw new EbpfError('unsupported', 'the engine gave a WebAssembly.Memory that is not page-aligned')
  }

  /**
   * Maps a part of the file at byte `at`. Both and the length are multiples of the page size.
   *
   * @throws {EbpfError}
   */
  map(at: number, byteLength: number, fd: number, options: MapFileOptions = {}): void {
    this.#check(at, byteLength)
    try {
      mapFixed(this.#address + at, byteLength, fd, {
        fdOffset: options.fdOffset ?? 0,
        writable: options.writable ?? false,
      })
    } catch (error) {
      // The kernel may have taken the old pages away before it failed.
      mapAnonymousFixed(this.#address + at, byteLength)
      throw error
    }
    this.#mapped.set(at, Math.max(byteLength, this.#mapped.get(at) ?? 0))
  }

  /** Puts anonymous memory back at `at`, a place given to `map`. */
  unmap(at: number): void {
    const byteLength = this.#mapped.get(at)
    if (byteLength === undefined) return
    mapAnonymousFixed(this.#address + at, byteLength)
    this.#mapped.delete(at)
  }

  [Symbol.dispose](): void {
    this.#disposed = true
    for (const at of this.#mapped.keys()) this.unmap(at)
  }

  #check(at: number, byteLength: number): void {
    if (this.#disposed) throw new EbpfError('argument', 'kernel memory is disposed')
    if (at % PAGE_BYTES !== 0 || byteLength % PAGE_BYTES !== 0)
      throw new EbpfError('argument', `byte ${at}, ${byteLength} bytes: not multiples of ${PAGE_BYTES}`)
    if (at < 0 || byteLength <= 0 || at + byteLength > this.byteLength)
      throw new EbpfError('argument', `byte ${at}, ${byteLength} bytes: outside of ${this.byteLength}`)
  }
}
