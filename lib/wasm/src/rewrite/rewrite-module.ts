import { WasmError } from '../error.ts'
import { Opcode } from '../module/instructions.ts'
import { importedCount, type FunctionType, type ModuleSpec } from '../module/module-spec.ts'
import { SectionId } from '../module/sections.ts'
import { BlockTypes } from './block-types.ts'
import { CODE_METADATA } from './branch-hints.ts'
import { ByteWriter } from './byte-writer.ts'
import { limitedMemory, limitedTables } from './limit-memory.ts'
import { meterCode } from './meter-code.ts'
import type { MeterIndices } from './fuel-code.ts'
import { NewSections } from './new-sections.ts'

/** Names of what a metered module exports besides. */
export const FUEL_EXPORT = 'quadrant.fuel'
export const REFUEL_EXPORT = 'quadrant.refuel'

export interface RewriteOptions {
  /** Pages of 64 KiB that its memory can have at most: over it the guest's own allocation fails. Tables get a limit, too. */
  readonly memoryPagesMax?: number
  /**
   * Whether it counts what it computes. It exports its fuel then, a mutable i64 that it only takes of, and a table whose
   * first element is called with nothing where there is less than 0 left. It begins with what a start function may use.
   */
  readonly isMetered?: boolean
}

/**
 * The same module with limits. Its functions keep their indices and names.
 *
 * @throws {WasmError} `module` where it needs more memory from the start, or has what cannot be limited
 */
export function rewriteModule(spec: ModuleSpec, options: RewriteOptions): Uint8Array {
  const changed = new NewSections(spec)
  if (options.memoryPagesMax !== undefined) {
    const memory = limitedMemory(spec, options.memoryPagesMax)
    if (memory !== undefined) changed.replace(SectionId.MEMORY, memory)
    const tables = limitedTables(spec)
    if (tables !== undefined) changed.replace(SectionId.TABLE, tables)
  }
  if (options.isMetered === true) addMeter(spec, changed)
  return changed.module()
}

function addMeter(spec: ModuleSpec, changed: NewSections): void {
  const { types } = spec
  if (types === undefined)
    throw new WasmError('module', 'it has types for garbage collection, which cannot be metered')
  if (spec.memories.some(({ is64 }) => is64) || spec.imports.some(({ limits }) => limits?.is64 === true))
    throw new WasmError('module', 'it has a memory or table of 64 bits, which cannot be metered')
  // An instruction can wait there for ever, whatever fuel there is.
  if (spec.memories.some(({ isShared }) => isShared) || spec.imports.some(({ limits }) => limits?.isShared))
    throw new WasmError('module', 'it has a memory that threads share, which cannot be metered')
  const taken = spec.exports.find(({ name }) => name === FUEL_EXPORT || name === REFUEL_EXPORT)
  if (taken !== undefined) throw new WasmError('module', `it exports ${taken.name} already: it is metered`)
  const blocks = new BlockTypes(types)
  const indices: MeterIndices = {
    fuelGlobal: importedCount(spec, 'global') + spec.globalCount,
    refuelTable: importedCount(spec, 'table') + spec.tables.length,
    refuelType: blocks.index(NOTHING),
  }
  const { code, hints } = meterCode(spec, types, blocks, indices)
  changed.replace(SectionId.CODE, code)
  for (const { name } of spec.customs) if (name.startsWith(CODE_METADATA)) changed.removeCustom(name)
  changed.addBefore(SectionId.CODE, hints)
  changed.append(SectionId.TYPE, blocks.added)
  // One element of type funcref; an i64 that can change.
  changed.append(SectionId.TABLE, [Uint8Array.of(0x70, 0x01, 1, 1)])
  changed.append(SectionId.GLOBAL, [fuelGlobal()])
  changed.append(SectionId.EXPORT, [
    exported(FUEL_EXPORT, 3, indices.fuelGlobal),
    exported(REFUEL_EXPORT, 1, indices.refuelTable),
  ])
}

/** Units that a module has before it is given any, a tenth of a second or so: over them it traps. */
const START_FUEL = 100_000_000

function fuelGlobal(): Uint8Array {
  const out = new ByteWriter()
  out.append(Uint8Array.of(0x7e, 0x01, Opcode.I64_CONST))
  out.positive(START_FUEL)
  out.u8(Opcode.END)
  return out.finish()
}

const NOTHING: FunctionType = { paramCount: 0, resultCount: 0, results: new Uint8Array() }

function exported(name: string, kind: number, index: number): Uint8Array {
  const out = new ByteWriter()
  out.name(name)
  out.u8(kind)
  out.u32(index)
  return out.finish()
}
