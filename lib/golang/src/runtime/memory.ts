import { GolangError } from '../error.ts'
import { readWord, viewOf } from '../word.ts'
import type { RuntimeField } from './field.ts'
import type { RuntimeRelease } from './release.ts'

/**
 * The memory of a process by its own addresses, as `/proc/PID/mem` has it. `read` gives fewer bytes, or throws, where
 * the process does not have them.
 */
export interface ProcessMemory {
  read(address: number, length: number): Uint8Array
}

/** The fields of a struct that its layout has. Numbers without sign. */
export type FieldValues<Field extends RuntimeField> = Readonly<Partial<Record<Field, number>>>

/** Structs of the runtime that are read as one have up to 10 KB. */
const READ_BYTES_MAX = 64 << 10

/** @throws {GolangError} `read` where the process has fewer bytes there, `limit` for more than 64 KiB */
export function readMemory(memory: ProcessMemory, address: number, length: number): DataView {
  if (length > READ_BYTES_MAX)
    throw new GolangError('limit', `${length} bytes of memory wanted, at most ${READ_BYTES_MAX}`)
  let bytes
  try {
    bytes = memory.read(address, length)
  } catch (error) {
    throw GolangError.from(error, 'read')
  }
  if (bytes.length < length)
    throw new GolangError(
      'read',
      `at 0x${address.toString(16)}: ${length} bytes wanted, ${bytes.length} read`,
    )
  return viewOf(bytes)
}

/** Reads those of a struct's fields that have a number, in one piece. @throws {GolangError} `read` */
export function readFields<Field extends RuntimeField>(
  memory: ProcessMemory,
  { fields }: Pick<RuntimeRelease, 'fields'>,
  address: number,
  names: readonly Field[],
): FieldValues<Field> {
  let start = Number.POSITIVE_INFINITY
  let end = 0
  for (const name of names) {
    const place = fields[name]
    if (place === undefined) continue
    start = Math.min(start, place[0])
    end = Math.max(end, place[0] + place[1])
  }
  const values: Partial<Record<Field, number>> = {}
  if (end === 0) return values
  const view = readMemory(memory, address + start, end - start)
  for (const name of names) {
    const place = fields[name]
    if (place !== undefined) values[name] = readNumber(view, place[0] - start, place[1])
  }
  return values
}

function readNumber(view: DataView, at: number, byteCount: number): number | undefined {
  switch (byteCount) {
    case 1:
      return view.getUint8(at)
    case 4:
      return view.getUint32(at, true)
    case 8:
      return readWord(view, at)
    default:
      return undefined
  }
}
