/** Gives the process of a record an id. */
export interface ProcessIds {
  /** Of the record's tgid and start time; -1 when it has none or there are too many. */
  ofRecord(words: Uint32Array, at: number): number
}
