import { MessageError } from './message-error.ts'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Node's own decoder, twice as fast for short texts; browsers have none. */
const slice = (
  globalThis as {
    readonly Buffer?: {
      readonly prototype: { utf8Slice(this: Uint8Array, start: number, end: number): string }
    }
  }
).Buffer?.prototype.utf8Slice

/** @throws {MessageError} `text` for bytes that are no UTF-8 */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (slice !== undefined) {
    const text = slice.call(bytes, start, end)
    // What is no UTF-8 has become U+FFFD, which a text can also have by itself.
    if (!text.includes('\ufffd')) return text
  }
  try {
    return strict.decode(bytes.subarray(start, end))
  } catch {
    throw new MessageError('text', `the text at ${start} is no UTF-8`)
  }
}
