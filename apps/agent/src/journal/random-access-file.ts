/** What the journal needs of a file. Positions and lengths in bytes; every call may throw the system's error. */
export interface RandomAccessFile {
  readonly sizeBytes: number
  /** Fills as much of `into` as the file has at `position`; returns how much. */
  read(into: Uint8Array, position: number): number
  /** Appends all of `bytes`, or throws and leaves an unknown part of them at the end. */
  append(bytes: Uint8Array): void
  truncate(sizeBytes: number): void
  close(): void
}

/** A directory in which one file is read, appended to and replaced as a whole. */
export interface JournalDirectory {
  /** The file, made empty where there is none. */
  open(name: string): RandomAccessFile
  /** A new empty file, in place of one of that name. */
  create(name: string): RandomAccessFile
  /** Atomic. */
  rename(from: string, to: string): void
}
