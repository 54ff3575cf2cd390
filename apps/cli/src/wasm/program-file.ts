import { readFile } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'
import { printable } from '../output/printable.ts'

/** As Go's own runner gives wasmtime: programs that recurse deeply have tests which need it. */
export const STACK_BYTES = 8 << 20

/** @throws {CliError} QDR-C013 where it cannot be read */
export async function readProgram(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new CliError('QDR-C013', `${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

/** @param command how it was to be run */
export function notAProgram(file: string, cause: unknown, command: 'run' | 'serve'): CliError {
  const { message } = cause as Error
  return new CliError('QDR-C018', `${file} cannot be run: ${printable(message)}`, {
    cause,
    fix: /wasi_ephemeral_nn/.test(message)
      ? `quadrant wasm ${command} ${file} --nn NAME=model.onnx`
      : 'GOOS=wasip1 GOARCH=wasm go build -o app.wasm .',
  })
}
