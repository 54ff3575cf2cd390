import { ENGINE, type Global64 } from '../wasi/engine.ts'
import { FUEL_EXPORT, REFUEL_EXPORT } from '../rewrite/rewrite-module.ts'

/** The fuel of a callback is given in at least so many slices, at the end of each of which it is looked at. */
const SLICES_MIN = 16
/** Units of a slice at most: two milliseconds or so. */
const SLICE_MAX = 4_000_000
/** A look costs more than what a smaller one is good for. */
const SLICE_MIN = 1000

/**
 * `(module (import "" "" (func)) (func (export "refuel") call 0))`: a host's function is no element of a table by itself.
 */
const TRAMPOLINE = new WebAssembly.Module(
  Buffer.from(
    '0061736d010000000104016000000205010000000003020100070a010672656675656c00010a0601040010000b',
    'hex',
  ),
)

/**
 * What a metered filter computes. A callback begins with what the one before has left of its slice, so nothing is written
 * at each call: it may use its fuel, and up to a slice more.
 */
export class FuelGuard {
  readonly #fuel: Global64
  readonly #slice: number
  readonly #slicesMax: number
  /** Given out so far. */
  #given = 0
  #slicesOfCall = 0

  private constructor(fuel: Global64, fuelPerCallMax: number) {
    this.#fuel = fuel
    this.#slice = Math.min(SLICE_MAX, Math.max(SLICE_MIN, Math.ceil(fuelPerCallMax / SLICES_MIN)))
    this.#slicesMax = Math.ceil(fuelPerCallMax / this.#slice)
  }

  /**
   * Undefined for a module that is not metered.
   *
   * @param over called when a slice is used up, and again at each; throws to end the guest
   */
  static attach(
    { exports }: WebAssembly.Instance,
    fuelPerCallMax: number,
    over: (isFuelOver: boolean) => void,
  ): FuelGuard | undefined {
    const fuel = exports[FUEL_EXPORT]
    const table = exports[REFUEL_EXPORT]
    const isMetered = fuel instanceof ENGINE.Global && typeof fuel.value === 'bigint'
    if (!isMetered || !(table instanceof ENGINE.Table)) return undefined
    const guard = new FuelGuard(fuel, fuelPerCallMax)
    const { refuel } = new WebAssembly.Instance(TRAMPOLINE, {
      '': {
        '': () => {
          over(++guard.#slicesOfCall > guard.#slicesMax)
          guard.#give()
        },
      },
    }).exports
    table.set(0, refuel)
    guard.#give()
    return guard
  }

  /** Before each callback. */
  beginCall(): void {
    this.#slicesOfCall = 0
  }

  /** It has none left, and its next step is looked at. */
  exhaust(): void {
    this.#given -= Number(this.#fuel.value) + 1
    this.#fuel.value = -1n
  }

  /** Units that the guest has used in all. */
  get used(): number {
    return this.#given - Number(this.#fuel.value)
  }

  #give(): void {
    // It is below zero by what the last segment took beyond; when the module begins it has more than that.
    const rest = Math.min(0, this.#given === 0 ? 0 : Number(this.#fuel.value))
    this.#given += this.#slice
    this.#fuel.value = BigInt(this.#slice + rest)
  }
}
