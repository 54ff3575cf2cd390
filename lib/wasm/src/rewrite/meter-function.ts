import { Opcode } from '../module/instructions.ts'
import { ModuleReader } from '../module/module-reader.ts'
import type { ByteRange } from '../module/module-spec.ts'
import type { ByteWriter } from './byte-writer.ts'
import { FuelCode, type MeterIndices } from './fuel-code.ts'
import type { FunctionScan } from './function-scan.ts'

const I32 = 0x7f
const I64 = 0x7e
/** A function without calls and loops that costs no more is paid for by the calls of it. */
const FREE_COST_MAX = 12
/** What it costs to choose by a table. */
const JUMP_COST = 3

export interface FunctionFacts {
  readonly paramCount: number
  /** The type of a block that gives the function's results, encoded. */
  readonly resultBlockType: Uint8Array
}

/**
 * Writes functions with their meter.
 *
 * Fuel is a global. A function keeps it in a local, so that segments and turns of loops do not pay for memory, and gives
 * it back where others can see it: around calls, and where it ends. One that catches exceptions does not, as they lead
 * from wherever somebody threw.
 */
export class FunctionMeter {
  readonly #bytes: Uint8Array
  readonly #out: ByteWriter
  readonly #indices: MeterIndices
  /** Of the function written last: where it branches to what hardly ever happens, in bytes from the start of its body. */
  readonly unlikely: number[] = []

  constructor(bytes: Uint8Array, out: ByteWriter, indices: MeterIndices) {
    this.#bytes = bytes
    this.#out = out
    this.#indices = indices
  }

  write(body: ByteRange, scan: FunctionScan, { paramCount, resultBlockType }: FunctionFacts): void {
    this.unlikely.length = 0
    if (isFree(scan)) {
      this.#out.append(this.#bytes.subarray(body.start, body.end))
      return
    }
    const isLocal = !scan.isCatching
    const fuel = new FuelCode(this.#out, this.unlikely, this.#indices, {
      firstLocal: paramCount + scan.localCount,
      isLocal,
    })
    this.#writeLocals(body, scan)
    if (!isLocal) {
      this.#writeCode(body, scan, fuel)
      return
    }
    fuel.load()
    // Whoever branches to the end of the function comes to the end of this block, which the last `end` closes.
    this.#out.u8(Opcode.BLOCK)
    this.#out.append(resultBlockType)
    this.#writeCode(body, scan, fuel)
    fuel.store()
    this.#out.u8(Opcode.END)
  }

  /** Those of the function, and two for the meter. */
  #writeLocals(body: ByteRange, scan: FunctionScan): void {
    const reader = new ModuleReader(this.#bytes, body.start, body.end)
    this.#out.u32(reader.u32() + 2)
    this.#out.append(this.#bytes.subarray(reader.at, scan.localsEnd))
    this.#out.append(Uint8Array.of(1, I64, 1, I32))
  }

  #writeCode(body: ByteRange, { segments, sites, localsEnd }: FunctionScan, fuel: FuelCode): void {
    const { places, costs, isChecked } = segments
    let copied = localsEnd
    let segment = 0
    const copyTo = (place: number): void => {
      this.#out.append(this.#bytes.subarray(copied, place))
      copied = place
    }
    const chargeTo = (place: number): void => {
      for (; segment < places.length && places[segment]! <= place; segment++) {
        if (costs[segment] === 0 && isChecked[segment] === false) continue
        copyTo(places[segment]!)
        fuel.charge(costs[segment]!, isChecked[segment]!)
      }
    }
    for (const { kind, start, end } of sites) {
      const isStored = kind === 'call' || kind === 'leave'
      if (isStored && !fuel.isLocal) continue
      chargeTo(start)
      copyTo(start)
      if (kind === 'bulk') fuel.chargeBulk()
      else if (kind === 'jump') fuel.charge(JUMP_COST, true)
      else fuel.store()
      if (kind !== 'call') continue
      copyTo(end)
      fuel.load()
    }
    chargeTo(body.end)
    copyTo(body.end)
  }
}

function isFree({ isLeaf, segments, sites }: FunctionScan): boolean {
  return isLeaf && segments.totalCost <= FREE_COST_MAX && sites.every(({ kind }) => kind !== 'bulk')
}
