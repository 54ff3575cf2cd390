/**
 * Takes the records of a source. `words` is memory of the kernel or of a buffer that is used again: read
 * during the call only.
 */
export interface RecordSink {
  /** A socket record ({@link SockWord}) begins at `words[at]`. */
  socket(words: Uint32Array, at: number): void
  /** A process record ({@link ProcessWord}) of `byteLength` bytes begins at `words[at]`. */
  process(words: Uint32Array, at: number, byteLength: number): void
}
