import { BLOCK_VOID, Opcode } from '../module/instructions.ts'
import type { ByteWriter } from './byte-writer.ts'
import { BULK_SHIFT } from './cost.ts'

/** Indices of what the module gets for its meter. */
export interface MeterIndices {
  /** The global with what is left, of type i64. */
  readonly fuelGlobal: number
  /** The table whose first element is called where nothing is left. */
  readonly refuelTable: number
  /** The type of that: nothing in, nothing out. */
  readonly refuelType: number
}

export interface FuelCodeOptions {
  /** Index of the first of two locals: fuel, an i64, and a number put aside, an i32. */
  readonly firstLocal: number
  /** Whether the function keeps the fuel in its local. */
  readonly isLocal: boolean
}

/** Writes the instructions of a function's meter. None of them changes what is on the stack. */
export class FuelCode {
  readonly #out: ByteWriter
  readonly #unlikely: number[]
  readonly #indices: MeterIndices
  readonly #fuel: number
  readonly #count: number
  readonly isLocal: boolean

  constructor(out: ByteWriter, unlikely: number[], indices: MeterIndices, options: FuelCodeOptions) {
    this.#out = out
    this.#unlikely = unlikely
    this.#indices = indices
    this.#fuel = options.firstLocal
    this.#count = options.firstLocal + 1
    this.isLocal = options.isLocal
  }

  /** From the global to the local. */
  load(): void {
    this.#op(Opcode.GLOBAL_GET, this.#indices.fuelGlobal)
    this.#op(Opcode.LOCAL_SET, this.#fuel)
  }

  /** From the local to the global. */
  store(): void {
    this.#op(Opcode.LOCAL_GET, this.#fuel)
    this.#op(Opcode.GLOBAL_SET, this.#indices.fuelGlobal)
  }

  /** @param isChecked asks for more where less than nothing is left then */
  charge(cost: number, isChecked: boolean): void {
    this.#get()
    if (cost > 0) {
      this.#constant(Opcode.I64_CONST, cost)
      this.#out.u8(Opcode.I64_SUB)
      if (!isChecked) {
        this.#set()
        return
      }
      this.#keep()
    }
    this.#check()
  }

  /** For the number on the stack, which may be large. */
  chargeBulk(): void {
    this.#op(Opcode.LOCAL_TEE, this.#count)
    this.#get()
    this.#op(Opcode.LOCAL_GET, this.#count)
    this.#constant(Opcode.I32_CONST, BULK_SHIFT)
    this.#out.u8(Opcode.I32_SHR_U)
    this.#out.u8(Opcode.I64_EXTEND_I32_U)
    this.#out.u8(Opcode.I64_SUB)
    this.#keep()
    this.#check()
  }

  /** Sets what is left, which stays on the stack. */
  #keep(): void {
    this.#op(Opcode.LOCAL_TEE, this.#fuel)
    if (this.isLocal) return
    this.#op(Opcode.GLOBAL_SET, this.#indices.fuelGlobal)
    this.#op(Opcode.LOCAL_GET, this.#fuel)
  }

  /** Takes what is left off the stack, and asks for more where it is less than nothing. */
  #check(): void {
    this.#constant(Opcode.I64_CONST, 0)
    this.#out.u8(Opcode.I64_LT_S)
    this.#unlikely.push(this.#out.length)
    this.#op(Opcode.IF, BLOCK_VOID)
    if (this.isLocal) this.store()
    this.#constant(Opcode.I32_CONST, 0)
    this.#op(Opcode.CALL_INDIRECT, this.#indices.refuelType)
    this.#out.u32(this.#indices.refuelTable)
    if (this.isLocal) this.load()
    this.#out.u8(Opcode.END)
  }

  #get(): void {
    if (this.isLocal) this.#op(Opcode.LOCAL_GET, this.#fuel)
    else this.#op(Opcode.GLOBAL_GET, this.#indices.fuelGlobal)
  }

  #set(): void {
    if (this.isLocal) this.#op(Opcode.LOCAL_SET, this.#fuel)
    else this.#op(Opcode.GLOBAL_SET, this.#indices.fuelGlobal)
  }

  #op(opcode: number, index: number): void {
    this.#out.u8(opcode)
    this.#out.u32(index)
  }

  #constant(opcode: number, value: number): void {
    this.#out.u8(opcode)
    this.#out.positive(value)
  }
}
