import type { RandomAccessFile } from './random-access-file.ts'

const BUFFER_BYTES = 256 << 10

/** Appends records to a file in few writes: those of one `flush` are one write unless they are large. */
export class RecordWriter {
  readonly #file: RandomAccessFile
  #pending: Uint8Array[] = []
  #pendingBytes = 0

  constructor(file: RandomAccessFile) {
    this.#file = file
  }

  /** Returns where in the file the record will begin. */
  add(record: Uint8Array): number {
    const offset = this.#file.sizeBytes + this.#pendingBytes
    this.#pending.push(record)
    this.#pendingBytes += record.length
    if (this.#pendingBytes >= BUFFER_BYTES) this.flush()
    return offset
  }

  /** @throws the system's error, with an unknown part of the records in the file */
  flush(): void {
    if (this.#pending.length === 0) return
    const bytes =
      this.#pending.length === 1 ? this.#pending[0]! : concatenate(this.#pending, this.#pendingBytes)
    this.#pending = []
    this.#pendingBytes = 0
    this.#file.append(bytes)
  }
}

function concatenate(parts: readonly Uint8Array[], totalBytes: number): Uint8Array {
  const bytes = new Uint8Array(totalBytes)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
