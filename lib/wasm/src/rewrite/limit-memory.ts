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
