import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { GolangError, type ByteSource, type ProcessMemory } from '@quadrant/golang'

/** Where the kernel put a program's entry, in its auxiliary vector (getauxval(3)). */
const AT_ENTRY = 9n
/** Some twenty pairs of words. */
const AUXV_BYTES_MAX = 4096
/** e_entry of a 64-bit ELF header. */
const ENTRY_OFFSET = 24

/** The memory of one run of one program. When the process executes another, it is empty: it never is that of the other. */
export interface GoMemory extends ProcessMemory, Disposable {
  /** What the program was moved by, against its file. */
  readonly bias: number
}

/**
 * Opens a process's memory. Whether it still runs the program has to be looked at afterwards.
 *
 * @throws {Error} with its errno's `code`, what the kernel refused
 * @throws {GolangError} `read` where it does not tell where the program is: the process is about to end
 */
export function openGoMemory(procRoot: string, pid: number, file: ByteSource): GoMemory {
  const fd = openSync(`${procRoot}/${pid}/mem`, 'r')
  try {
    const bias = readBias(procRoot, pid, file)
    return {
      bias,
      read(address, length) {
        const bytes = new Uint8Array(length)
        return bytes.subarray(0, readSync(fd, bytes, 0, length, address))
      },
      [Symbol.dispose]: () => closeSync(fd),
    }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function readBias(procRoot: string, pid: number, file: ByteSource): number {
  const auxv = readFileSync(`${procRoot}/${pid}/auxv`)
  const header = file.read(ENTRY_OFFSET, 8)
  const entry = new DataView(header.buffer, header.byteOffset, 8).getBigUint64(0, true)
  for (let at = 0; at + 16 <= Math.min(auxv.length, AUXV_BYTES_MAX); at += 16)
    if (auxv.readBigUInt64LE(at) === AT_ENTRY) return Number(auxv.readBigUInt64LE(at + 8) - entry)
  // Empty: its memory is gone.
  throw new GolangError('read', `/proc/${pid}/auxv does not tell where the program is`)
}
