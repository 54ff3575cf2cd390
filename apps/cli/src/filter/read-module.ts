import { readFile, stat } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'

/** A filter of Go with large dependencies has some ten MB. */
const MODULE_BYTES_MAX = 256 << 20

/** @throws {CliError} QDR-C013 where it cannot be read, or is longer than any filter */
export async function readModule(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > MODULE_BYTES_MAX) throw new Error(`it has ${size} bytes`)
    return await readFile(path)
  } catch (cause) {
    throw new CliError('QDR-C013', `${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
}
