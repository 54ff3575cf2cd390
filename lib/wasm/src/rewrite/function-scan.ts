import {
  BulkOpcode,
  Opcode,
  readCatches,
  skipBlockType,
  skipImmediates,
  skipValueType,
} from '../module/instructions.ts'
import type { ModuleReader } from '../module/module-reader.ts'
import { COST } from './cost.ts'
import { JumpTables } from './jump-tables.ts'
import { Fold, NOWHERE, Segments } from './segments.ts'

/** As many as engines allow. */
const LOCALS_MAX = 50_000
const DEPTH_MAX = 100_000
/** Locals that cost one unit, as a power of two. */
const LOCALS_SHIFT = 3
/** What a function without calls may cost and not look if there is fuel left. */
const UNCHECKED_COST_MAX = 200

/** A block, loop, arm or function that is open while its code is read. */
export interface OpenBlock {
  readonly opcode: number
  /** The segment that it began in, which pays for what follows it, if nothing left it beyond its end. */
  readonly before: number
  /** Something branches to its label: for a loop to its start, else to its end. */
  isTargeted: boolean
  /** A table, or an exception, leads to its label. */
  isChosen: boolean
  /** Depth of the outermost block to whose label something in it leads. Less than its own: it is left for good. */
  leftTo: number
  hasElse: boolean
  /** Its end has come: who leads there jumps back. */
  isClosed: boolean
}

/** An instruction at which something is done besides, in bytes of the module. */
export interface Site {
  /**
   * A call; one that leaves the function without coming back; one that works for as long as a number on the stack says; one
   * that jumps back to where a function of Go chooses what comes next.
   */
  readonly kind: 'call' | 'leave' | 'bulk' | 'jump'
  readonly start: number
  readonly end: number
}

/**
 * Reads the code of one function after the other, and finds its segments: where fuel is to be taken, and how much. What
 * it tells of a function holds until it scans the next.
 */
export class FunctionScan {
  readonly segments = new Segments()
  /** In the order of the code. */
  readonly sites: Site[] = []
  /** Where its locals were declared; behind it is its code. */
  localsEnd = 0
  /** Without its parameters. */
  localCount = 0
  /** It catches exceptions. */
  isCatching = false
  /** It calls nothing, and has no loop. */
  isLeaf = true
  #isCalling = false
  /** Where the last call ended, and a function of Go had its stack pointer again. */
  #calledAt = NOWHERE
  /**
   * Behind a call and a `br_if` of what it gave: there a function of Go goes on, also where it had been suspended within
   * the call and comes by its table. What follows is best charged before the call.
   */
  #resumedAt = NOWHERE
  readonly #open: OpenBlock[] = []
  readonly #jumps = new JumpTables()
  /** What the next instruction is charged with. */
  #current: number = NOWHERE

  /** @param reader at the start of a body, and ending where it does. @throws {WasmError} `module` */
  scan(reader: ModuleReader): void {
    this.#clear()
    this.#readLocals(reader)
    const entry = this.segments.begin(reader.at, NOWHERE)
    this.#current = entry
    this.#begin(reader, Opcode.BLOCK)
    while (this.#open.length > 0) {
      const start = reader.at
      this.#step(reader, reader.u8(), start)
    }
    if (!reader.isAtEnd) reader.fail('a function goes on behind its end')
    // Locals are set to zero at each call.
    this.segments.add(entry, this.localCount >> LOCALS_SHIFT)
    // One that calls nothing cannot come back to itself, but can be called again and again.
    if (this.#isCalling || this.segments.totalCost > UNCHECKED_COST_MAX) this.segments.check(entry)
    this.segments.fold()
  }

  #clear(): void {
    this.segments.clear()
    this.sites.length = 0
    this.#open.length = 0
    this.#jumps.clear()
    this.isCatching = false
    this.isLeaf = true
    this.#isCalling = false
    this.#calledAt = NOWHERE
    this.#resumedAt = NOWHERE
  }

  #readLocals(reader: ModuleReader): void {
    this.localCount = 0
    for (let count = reader.count(LOCALS_MAX, 'groups of locals'); count > 0; count--) {
      this.localCount += reader.u32()
      skipValueType(reader)
      if (this.localCount > LOCALS_MAX) reader.fail(`a function has more than ${LOCALS_MAX} locals`)
    }
    this.localsEnd = reader.at
  }

  #begin(reader: ModuleReader, opcode: number): OpenBlock {
    if (this.#open.length === DEPTH_MAX) reader.fail(`blocks nest deeper than ${DEPTH_MAX}`)
    const block: OpenBlock = {
      opcode,
      before: this.#current,
      isTargeted: false,
      isChosen: false,
      leftTo: this.#open.length,
      hasElse: false,
      isClosed: false,
    }
    this.#open.push(block)
    return block
  }

  #step(reader: ModuleReader, opcode: number, start: number): void {
    const cost = COST[opcode]!
    if (cost > 0) this.segments.add(this.#current, cost)
    else this.segments.addFree(this.#current)
    this.#jumps.step(opcode)
    switch (opcode) {
      case Opcode.BLOCK:
        skipBlockType(reader)
        this.#begin(reader, opcode)
        return
      case Opcode.LOOP:
        this.#loop(reader)
        return
      case Opcode.IF:
        skipBlockType(reader)
        this.#begin(reader, opcode)
        this.#split(reader.at)
        return
      case Opcode.ELSE:
        this.#else(reader)
        return
      case Opcode.END:
        this.#end(reader, start)
        return
      case Opcode.BR: {
        const target = this.#branch(reader)
        if (!this.#jumps.isForward(target)) this.#jump(target, start, reader.at)
        this.#current = NOWHERE
        return
      }
      case Opcode.BR_IF:
        this.#jump(this.#branch(reader), start, reader.at)
        if (start === this.#calledAt && reader.bytes[reader.at] === Opcode.END) this.#resumedAt = reader.at
        else this.#split(reader.at)
        return
      case Opcode.BR_TABLE:
        this.#choose(reader, start)
        return
      case Opcode.LOCAL_GET:
        this.#jumps.localGet(reader.u32())
        return
      case Opcode.I32_CONST:
        this.#jumps.constant(reader)
        return
      case Opcode.CALL:
      case Opcode.CALL_INDIRECT:
      case Opcode.CALL_REF:
        skipImmediates(reader, opcode)
        this.#isCalling = true
        this.isLeaf = false
        this.sites.push({ kind: 'call', start, end: reader.at })
        this.#calledAt = reader.at
        return
      case Opcode.GLOBAL_GET:
      case Opcode.LOCAL_SET: {
        const index = reader.u32()
        if (opcode === Opcode.LOCAL_SET) this.#jumps.localSet(index)
        if (start === this.#calledAt) this.#calledAt = reader.at
        return
      }
      case Opcode.RETURN:
        this.#leaveBy(reader, opcode, start)
        return
      case Opcode.UNREACHABLE:
        this.#current = NOWHERE
        return
      case Opcode.BULK:
        this.#bulk(reader, start)
        return
      default:
        this.#rare(reader, opcode, start)
    }
  }

  #rare(reader: ModuleReader, opcode: number, start: number): void {
    switch (opcode) {
      case Opcode.BR_ON_NULL:
      case Opcode.BR_ON_NON_NULL:
        this.#jump(this.#branch(reader), start, reader.at)
        this.#split(reader.at)
        return
      case Opcode.RETURN_CALL:
      case Opcode.RETURN_CALL_INDIRECT:
      case Opcode.RETURN_CALL_REF:
        this.#isCalling = true
        this.isLeaf = false
        this.#leaveBy(reader, opcode, start)
        return
      case Opcode.TRY:
        skipBlockType(reader)
        this.#begin(reader, opcode).isChosen = true
        this.isCatching = true
        return
      case Opcode.TRY_TABLE:
        skipBlockType(reader)
        // Its labels are those around it.
        readCatches(reader, (at, label) => {
          // Nothing can be done where exceptions lead from.
          if (this.#jumps.isTable(this.#target(reader, at, label, true)))
            reader.fail('an exception leads to a loop that only chooses', at)
        })
        this.#begin(reader, opcode)
        this.isCatching = true
        return
      case Opcode.CATCH:
      case Opcode.CATCH_ALL:
        skipImmediates(reader, opcode)
        this.#current = this.segments.begin(reader.at, NOWHERE)
        return
      case Opcode.DELEGATE:
        // Its label is counted from outside of the block that it ends.
        this.#target(reader, reader.at, reader.u32() + 1, true)
        this.#end(reader, start)
        return
      case Opcode.RETHROW:
      case Opcode.THROW:
      case Opcode.THROW_REF:
        this.#leaveBy(reader, opcode, start)
        return
      default:
        skipImmediates(reader, opcode)
    }
  }

  #leaveBy(reader: ModuleReader, opcode: number, start: number): void {
    skipImmediates(reader, opcode)
    this.sites.push({ kind: 'leave', start, end: reader.at })
    this.#leave(0)
    this.#current = NOWHERE
  }

  #loop(reader: ModuleReader): void {
    skipBlockType(reader)
    this.isLeaf = false
    const block = this.#begin(reader, Opcode.LOOP)
    this.#current = this.segments.begin(reader.at, NOWHERE)
    this.segments.check(this.#current)
    this.segments.add(this.#current, 1)
    this.#jumps.loop(block)
  }

  #bulk(reader: ModuleReader, start: number): void {
    const opcode = reader.u32()
    reader.at = start + 1
    skipImmediates(reader, Opcode.BULK)
    if (LENGTHY.has(opcode)) this.sites.push({ kind: 'bulk', start, end: reader.at })
  }

  /**
   * A loop that only chooses, as Go's functions begin with one, costs nothing: whoever jumps back to it pays, and looks if
   * there is fuel left.
   */
  #choose(reader: ModuleReader, start: number): void {
    const targets: OpenBlock[] = []
    for (let count = reader.count(reader.end, 'targets'); count >= 0; count--)
      targets.push(this.#branch(reader, true))
    if (this.#jumps.choose(targets)) this.segments.free(this.#current)
    for (const target of new Set(targets)) this.#jump(target, start, reader.at)
    this.#current = NOWHERE
  }

  #jump(target: OpenBlock, start: number, end: number): void {
    if (this.#jumps.isTable(target) && this.sites.at(-1)?.start !== start)
      this.sites.push({ kind: 'jump', start, end })
  }

  #branch(reader: ModuleReader, isChosen = false): OpenBlock {
    const at = reader.at
    return this.#target(reader, at, reader.u32(), isChosen)
  }

  #target(reader: ModuleReader, place: number, label: number, isChosen: boolean): OpenBlock {
    const depth = this.#open.length - 1 - label
    const target = this.#open[depth]
    if (target === undefined) reader.fail('it branches to a label that is not there', place)
    target.isTargeted = true
    if (isChosen) target.isChosen = true
    this.#leave(depth)
    return target
  }

  #leave(depth: number): void {
    const block = this.#open.at(-1)
    if (block !== undefined && depth < block.leftTo) block.leftTo = depth
  }

  /** What follows may be left out, though what was before it was not. */
  #split(place: number): void {
    if (this.#current !== NOWHERE) this.#current = this.segments.begin(place, this.#current)
  }

  #else(reader: ModuleReader): void {
    const block = this.#open.at(-1)
    if (block?.opcode !== Opcode.IF || block.hasElse) reader.fail('there is an else without its if')
    block.hasElse = true
    // Where the first arm ends the whole does, too: that must not be lost.
    if (this.#current !== NOWHERE) block.isTargeted = true
    this.#current = block.before
    this.#split(reader.at)
  }

  #end(reader: ModuleReader, start: number): void {
    const fallen = this.#current
    const block = this.#open.pop()!
    block.isClosed = true
    const isLoop = block.opcode === Opcode.LOOP
    this.#leave(block.leftTo)
    const isSkipped = block.opcode === Opcode.IF && !block.hasElse && block.before !== NOWHERE
    const isJoined = !isLoop && block.isTargeted
    if (fallen === NOWHERE && !isSkipped && !isJoined && !block.isChosen) this.#current = NOWHERE
    else if (start === this.#resumedAt && fallen !== NOWHERE)
      this.#current = this.segments.begin(reader.at, fallen, Fold.RESUMED)
    else if ((block.isChosen && !isLoop) || block.before === NOWHERE)
      this.#current = this.segments.begin(reader.at, NOWHERE)
    else {
      this.#current = block.before
      if (block.leftTo < this.#open.length) this.#split(reader.at)
    }
  }
}

const LENGTHY: ReadonlySet<number> = new Set([
  BulkOpcode.MEMORY_INIT,
  BulkOpcode.MEMORY_COPY,
  BulkOpcode.MEMORY_FILL,
  BulkOpcode.TABLE_INIT,
  BulkOpcode.TABLE_COPY,
  BulkOpcode.TABLE_GROW,
  BulkOpcode.TABLE_FILL,
])
