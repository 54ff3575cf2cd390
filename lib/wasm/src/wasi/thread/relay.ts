import { errnoOf, type Errno, WasiError } from '../errno.ts'
import type { ByteInput, ByteOutput } from '../io/byte-stream.ts'

/** Bytes that are read for a guest at once. */
const PIECE_BYTES_MAX = 64 << 10

/** Writes all of it, however often that has to wait. The number of the error where it fails. */
export async function writeAll(output: ByteOutput, bytes: Uint8Array): Promise<Errno | undefined> {
  let rest = bytes
  try {
    while (rest.length > 0) {
      const count = output.write(rest)
      if (count === undefined) await changed(output)
      else rest = rest.subarray(count)
    }
    return undefined
  } catch (error) {
    return numberOf(error)
  }
}

/** What there is to read, once there is something; without bytes it is the end. */
export async function readSome(
  input: ByteInput,
  signal: AbortSignal,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly errno?: Errno }> {
  const bytes = new Uint8Array(PIECE_BYTES_MAX)
  try {
    for (;;) {
      const count = input.read(bytes)
      if (count !== undefined) return { bytes: bytes.slice(0, count) }
      await changed(input, signal)
    }
  } catch (error) {
    return { bytes: new Uint8Array(0), errno: numberOf(error) }
  }
}

function numberOf(error: unknown): Errno {
  if (error instanceof WasiError) return error.errno
  return errnoOf((error as { readonly code?: unknown } | undefined)?.code)
}

async function changed({ changed }: ByteInput | ByteOutput, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve) => {
    const done = () => {
      end()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const end = changed.subscribe(done)
    signal?.addEventListener('abort', done)
  })
  signal?.throwIfAborted()
}
