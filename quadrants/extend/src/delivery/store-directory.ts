/** A directory that holds what must outlast the process. Names are flat; every method that changes something ends when it is durable. */
export interface StoreDirectory {
  list(): Promise<readonly string[]>
  /** Undefined where there is no such file, or where it has more than `bytesMax`. */
  read(name: string, bytesMax: number): Promise<Uint8Array | undefined>
  /** Whole or not at all, whenever the process ends. */
  replace(name: string, bytes: Uint8Array): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Nothing where there is none. */
  remove(name: string): Promise<void>
  /** A file that grows; made where there is none. */
  openPart(name: string): Promise<PartFile>
}

export interface PartFile extends AsyncDisposable {
  readonly bytes: number
  /** Not durable before `sync`. */
  append(data: Uint8Array): Promise<void>
  /** From its beginning, in pieces. */
  content(): AsyncIterable<Uint8Array>
  sync(): Promise<void>
}
