import { FRAME_KIND } from './kinds.ts'
import { kernelFunctionAt, parseKallsyms } from './kernel-symbols.ts'
import { type Location, plainLocation } from './location.ts'
import { readBounded } from './read-bounded.ts'
import { symbolListBytes, type SymbolList } from './symbol-list.ts'

const KALLSYMS_BYTES_MAX = 64 << 20
const MODULES_BYTES_MAX = 1 << 20

/** Whether modules came or went is looked at so often. */
const LOOK_MS = 10_000

const LOCATIONS_MAX = 16_384

/** What stands for all of the kernel where it hides its functions. */
const KERNEL = '[kernel]'

/** The functions of the kernel, read when the first is asked for, and again when its modules changed. */
export class KernelFunctions {
  readonly #procRoot: string
  readonly #locations = new Map<number, Location>()
  #symbols: SymbolList | undefined
  #modules: string | undefined
  #lookAtMs = -Infinity
  #version = 0

  constructor(procRoot: string) {
    this.#procRoot = procRoot
  }

  get byteLength(): number {
    return this.#symbols ? symbolListBytes(this.#symbols) : 0
  }

  /** Counts upwards where what was told of an address is no longer to be believed. */
  get version(): number {
    return this.#version
  }

  /** @param address as `kernelAddressAt` gives it */
  locationAt(address: number): Location {
    let location = this.#locations.get(address)
    if (location !== undefined) return location
    const found = this.#symbols && kernelFunctionAt(this.#symbols, address)
    location = plainLocation({
      function: found?.name ?? KERNEL,
      file: '',
      line: 0,
      module: found?.module ?? KERNEL,
      kind: FRAME_KIND.kernel,
    })
    if (this.#locations.size >= LOCATIONS_MAX) this.#locations.clear()
    this.#locations.set(address, location)
    return location
  }

  /** Reads them anew where that is due. */
  refresh(nowMs: number): void {
    if (nowMs < this.#lookAtMs) return
    this.#lookAtMs = nowMs + LOOK_MS
    const modules = moduleAddresses(readBounded(`${this.#procRoot}/modules`, MODULES_BYTES_MAX))
    if (modules === this.#modules) return
    this.#modules = modules
    const bytes = readBounded(`${this.#procRoot}/kallsyms`, KALLSYMS_BYTES_MAX)
    this.#symbols = bytes && parseKallsyms(bytes).value
    this.#locations.clear()
    this.#version++
  }
}

/** Names and addresses, without the counts of users, which change all the time. */
function moduleAddresses(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return ''
  const lines = new TextDecoder().decode(bytes).split('\n')
  return lines.map((line) => line.replace(/^(\S+) .* (\S+)(?: \(.*\))?$/, '$1 $2')).join('\n')
}
