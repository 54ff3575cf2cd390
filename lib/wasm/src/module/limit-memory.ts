import { WasmError } from '../error.ts'
import { readU32, writeU32 } from './leb128.ts'
import { readSections, SectionId } from './sections.ts'

const HAS_MAXIMUM = 1

/**
 * The same module, whose own memory can have no more pages (64 KiB each) than that.
 *
 * @throws {WasmError} `module` where it needs more from the start, has several memories, or one of another kind
 */
export function limitMemory(bytes: Uint8Array, pagesMax: number): Uint8Array {
  const section = readSections(bytes).find(({ id }) => id === SectionId.MEMORY)
  if (section === undefined) return bytes
  const count = readU32(bytes, section.contentStart)
  if (count.value === 0) return bytes
  const flags = bytes[count.end]
  // Memories of 64 bits and those that threads share are of other proposals than preview 1 has.
  if (count.value > 1 || flags === undefined || flags > HAS_MAXIMUM)
    throw new WasmError('module', 'it has several memories, or one that is shared or of 64 bits')
  const minimum = readU32(bytes, count.end + 1)
  const maximum = flags === HAS_MAXIMUM ? readU32(bytes, minimum.end).value : pagesMax
  if (minimum.value > pagesMax)
    throw new WasmError(
      'module',
      `it starts with ${minimum.value * 64} KiB of memory; ${pagesMax * 64} KiB are allowed`,
    )
  const content = [
    ...writeU32(1),
    HAS_MAXIMUM,
    ...writeU32(minimum.value),
    ...writeU32(Math.min(maximum, pagesMax)),
  ]
  const limited = [SectionId.MEMORY, ...writeU32(content.length), ...content]
  return Buffer.concat([bytes.subarray(0, section.start), Buffer.from(limited), bytes.subarray(section.end)])
}
