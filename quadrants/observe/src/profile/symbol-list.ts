import type { ElfFunctions } from '@quadrant/golang'

/** Functions of any source, in the form that `elfFunctionAt` searches. */
export type SymbolList = ElfFunctions

/** About how many bytes it takes. */
export function symbolListBytes({ addresses, names }: SymbolList): number {
  return addresses.length * 20 + names.length
}

export const NO_SYMBOLS: SymbolList = {
  addresses: new Float64Array(0),
  sizes: new Float64Array(0),
  nameOffsets: new Uint32Array(0),
  names: new Uint8Array(0),
}

export interface SymbolListLimits {
  readonly symbols: number
  readonly nameBytes: number
}

/** Gathers functions in any order; of two at one address the later one counts. */
export class SymbolListBuilder {
  readonly #limits: SymbolListLimits
  #addresses = new Float64Array(1024)
  #sizes = new Float64Array(1024)
  #nameOffsets = new Uint32Array(1024)
  #names = new Uint8Array(1 << 15)
  #count = 0
  #nameBytes = 0

  constructor(limits: SymbolListLimits) {
    this.#limits = limits
  }

  /** @param name without a NUL @returns false where it is full */
  add(address: number, size: number, name: Uint8Array): boolean {
    const index = this.#count
    if (index >= this.#limits.symbols || this.#nameBytes + name.length + 1 > this.#limits.nameBytes)
      return false
    if (index === this.#addresses.length) {
      this.#addresses = grown(this.#addresses, new Float64Array(index * 2))
      this.#sizes = grown(this.#sizes, new Float64Array(index * 2))
      this.#nameOffsets = grown(this.#nameOffsets, new Uint32Array(index * 2))
    }
    if (this.#nameBytes + name.length + 1 > this.#names.length)
      this.#names = grown(this.#names, new Uint8Array((this.#names.length + name.length) * 2))
    this.#addresses[index] = address
    this.#sizes[index] = size
    this.#nameOffsets[index] = this.#nameBytes
    this.#names.set(name, this.#nameBytes)
    this.#nameBytes += name.length + 1
    this.#count++
    return true
  }

  finish(): SymbolList {
    const addresses = this.#addresses
    // Of equal ones the later is last, and is the one that a search finds.
    // Of the kernel none is known: zeros that nobody writes take no memory.
    const sizes = new Float64Array(this.#count)
    const order = new Uint32Array(this.#count).map((_, index) => index)
    order.sort((a, b) => addresses[a]! - addresses[b]! || a - b)
    order.forEach((index, at) => {
      const size = this.#sizes[index]!
      if (size !== 0) sizes[at] = size
    })
    return {
      addresses: Float64Array.from(order, (index) => addresses[index]!),
      sizes,
      nameOffsets: Uint32Array.from(order, (index) => this.#nameOffsets[index]!),
      names: this.#names.slice(0, this.#nameBytes),
    }
  }
}

function grown<T extends Float64Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from)
  return to
}
