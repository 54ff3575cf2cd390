import { WasmError } from '../error.ts'
import { FUEL_EXPORT, REFUEL_EXPORT } from '../rewrite/rewrite-module.ts'
import { ENGINE, type Global64 } from './engine.ts'
import type { GuestProcess } from './process.ts'

/** Units until it is looked whether others should have their turn: one or two milliseconds. */
const SLICE = 2_000_000

/**
 * `(module (import "" "" (func)) (func (export "refuel") call 0))`: a host's function that can suspend is no element of a
 * table by itself.
 */
const TRAMPOLINE = Buffer.from(
  '0061736d010000000104016000000205010000000003020100070a010672656675656c00010a0601040010000b',
  'hex',
)

let trampoline: Promise<WebAssembly.Module> | undefined

/**
 * What a metered guest computes, in units of about one instruction of the machine. One that computes without calling
 * anything gives the event loop its turn all the same, and can be ended.
 */
export class FuelMeter {
  readonly #fuel: Global64
  readonly #max: number
  /** Given out so far. */
  #given = 0

  private constructor(fuel: Global64, max: number) {
    this.#fuel = fuel
    this.#max = max
    this.#give()
  }

  /**
   * Undefined for a module that is not metered.
   *
   * @param max units in all: Infinity for no limit
   * @throws {WasmError} `option` where there is a limit, and no meter
   */
  static async attach(
    { exports }: WebAssembly.Instance,
    guest: GuestProcess,
    max: number,
  ): Promise<FuelMeter | undefined> {
    const fuel = exports[FUEL_EXPORT]
    const table = exports[REFUEL_EXPORT]
    const isMetered = fuel instanceof ENGINE.Global && typeof fuel.value === 'bigint'
    if (!isMetered || !(table instanceof ENGINE.Table)) {
      if (max !== Infinity) throw new WasmError('option', 'its fuel is limited, but the module has no meter')
      return undefined
    }
    const meter = new FuelMeter(fuel, max)
    trampoline ??= ENGINE.compile(TRAMPOLINE)
    const { refuel } = (
      await ENGINE.instantiate(await trampoline, {
        '': { '': new ENGINE.Suspending(() => meter.#refuel(guest)) },
      })
    ).exports
    table.set(0, refuel)
    return meter
  }

  /** Units that the guest has used. */
  get used(): number {
    return this.#given - Number(this.#fuel.value)
  }

  #refuel(guest: GuestProcess): void | Promise<void> {
    guest.throwIfOver()
    if (this.used >= this.#max) {
      guest.kill('fuel')
      guest.throwIfOver()
    }
    this.#give()
    return guest.isTurnOver ? guest.yieldTurn() : undefined
  }

  /** What was used beyond the last slice is taken off the next. */
  #give(): void {
    const used = this.#given === 0 ? 0 : this.used
    const slice = Math.min(SLICE, this.#max - used)
    this.#given = used + slice
    this.#fuel.value = BigInt(slice)
  }
}
