import { WasmError } from '../error.ts'
import type { ModuleSpec } from '../module/module-spec.ts'
import { ByteWriter } from './byte-writer.ts'

/**
 * The content of the memory section where the memory can have no more pages (64 KiB each) than that; undefined where
 * there is none of its own.
 *
 * @throws {WasmError} `module` where it needs more from the start, has several memories, or one of another kind
 */
export function limitedMemory({ memories }: ModuleSpec, pagesMax: number): Uint8Array | undefined {
  const [memory, another] = memories
  if (memory === undefined) return undefined
  // Memories of 64 bits and those that threads share are of other proposals than preview 1 has.
  if (another !== undefined || memory.isShared || memory.is64)
    throw new WasmError('module', 'it has several memories, or one that is shared or of 64 bits')
  const { minimum, maximum = pagesMax } = memory
  if (minimum > pagesMax)
    throw new WasmError(
      'module',
      `it starts with ${minimum * 64} KiB of memory; ${pagesMax * 64} KiB are allowed`,
    )
  const out = new ByteWriter(16)
  out.u32(1)
  out.u8(HAS_MAXIMUM)
  out.u32(minimum)
  out.u32(Math.min(maximum, pagesMax))
  return out.finish()
}

const HAS_MAXIMUM = 1

/** Elements of all tables together: each is a word of the engine's own memory, or more. */
export const TABLE_ELEMENTS_MAX = 1_000_000

/**
 * The content of the table section where tables cannot grow beyond what is allowed; undefined where there are none.
 *
 * @throws {WasmError} `module` where they have more elements from the start
 */
export function limitedTables({ bytes, tables }: ModuleSpec): Uint8Array | undefined {
  if (tables.length === 0) return undefined
  const total = tables.reduce((sum, { limits }) => sum + limits.minimum, 0)
  if (total > TABLE_ELEMENTS_MAX)
    throw new WasmError(
      'module',
      `its tables start with ${total} elements; ${TABLE_ELEMENTS_MAX} are allowed`,
    )
  const share = Math.floor((TABLE_ELEMENTS_MAX - total) / tables.length)
  const out = new ByteWriter()
  out.u32(tables.length)
  for (const { limits, start, limitsStart, limitsEnd, end } of tables) {
    out.append(bytes.subarray(start, limitsStart))
    out.u8((limits.is64 ? IS_64 : 0) | (limits.isShared ? IS_SHARED : 0) | HAS_MAXIMUM)
    out.u32(limits.minimum)
    out.u32(Math.min(limits.maximum ?? Infinity, limits.minimum + share))
    out.append(bytes.subarray(limitsEnd, end))
  }
  return out.finish()
}

const IS_SHARED = 2
const IS_64 = 4
