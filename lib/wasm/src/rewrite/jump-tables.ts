import { Opcode } from '../module/instructions.ts'
import type { ModuleReader } from '../module/module-reader.ts'
import type { OpenBlock } from './function-scan.ts'

interface JumpTable {
  /** The local that says which of the targets comes next. */
  readonly local: number
  /** The last is for all numbers beyond. */
  readonly targets: readonly OpenBlock[]
}

/**
 * Loops that only choose what comes next: `loop block … block local.get N br_table`. Functions of Go begin so, and jump by
 * `i32.const K local.set N br LOOP`: back where the block that K stands for has ended, and forward where it has not.
 */
export class JumpTables {
  readonly #tables = new Map<OpenBlock, JumpTable>()
  /** The loop that has begun, as long as only blocks did since. */
  #loop: OpenBlock | undefined
  #got: number | undefined
  #constant: number | undefined
  #set: number | undefined
  /** The instruction that is read, and the two before it. */
  #opcode: number | undefined
  #previous: number | undefined
  #beforePrevious: number | undefined

  clear(): void {
    this.#tables.clear()
    this.#loop = this.#opcode = this.#previous = undefined
  }

  /** With each instruction; more of it is told after that. */
  step(opcode: number): void {
    this.#beforePrevious = this.#previous
    this.#previous = this.#opcode
    this.#opcode = opcode
    if (opcode !== Opcode.BLOCK && opcode !== Opcode.LOCAL_GET && opcode !== Opcode.BR_TABLE)
      this.#loop = undefined
  }

  loop(block: OpenBlock): void {
    this.#loop = block
  }

  localGet(index: number): void {
    this.#got = index
  }

  constant(reader: ModuleReader): void {
    this.#constant = undefined
    const start = reader.at
    const first = reader.bytes[start]
    reader.skipNumber(32)
    // Signed LEB128: those that matter are small, and not negative.
    if (reader.at === start + 1 && first !== undefined && first < 0x40) this.#constant = first
    else if (reader.at === start + 2 && reader.bytes[start + 1]! < 0x40)
      this.#constant = (first! & 0x7f) | (reader.bytes[start + 1]! << 7)
  }

  localSet(index: number): void {
    this.#set = index
  }

  /** Whether the table that is read is all that its loop begins with, and leads to ends of blocks. */
  choose(targets: readonly OpenBlock[]): boolean {
    const [loop, local] = [this.#loop, this.#got]
    if (loop === undefined || local === undefined || this.#previous !== Opcode.LOCAL_GET) return false
    // Between the loop and its table there are blocks, and what chooses.
    if (this.#beforePrevious !== Opcode.BLOCK && this.#beforePrevious !== Opcode.LOOP) return false
    if (targets.some(({ opcode }) => opcode !== Opcode.BLOCK)) return false
    this.#tables.set(loop, { local, targets })
    return true
  }

  isTable(block: OpenBlock): boolean {
    return this.#tables.has(block)
  }

  /** Whether a branch that is read, to a block, comes to what lies ahead of it. */
  isForward(block: OpenBlock): boolean {
    const table = this.#tables.get(block)
    const isSet = this.#previous === Opcode.LOCAL_SET && this.#beforePrevious === Opcode.I32_CONST
    if (table === undefined || !isSet || this.#constant === undefined || this.#set !== table.local)
      return false
    return !table.targets[Math.min(this.#constant, table.targets.length - 1)]!.isClosed
  }
}
