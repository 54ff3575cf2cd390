import type { DirectoryHandle, FileHandle } from './fs/file-system.ts'
import type { ByteInput, ByteOutput, Connection, Listener } from './io/byte-stream.ts'

export interface OpenFile {
  readonly kind: 'file'
  readonly handle: FileHandle
  readonly isReadable: boolean
  readonly isWritable: boolean
  /** Not even its times can be changed. */
  readonly isReadOnly: boolean
  /** Bytes from the start of the file. */
  offset: number
  /** Bits of FdFlag. */
  flags: number
}

export interface OpenDirectory {
  readonly kind: 'directory'
  readonly handle: DirectoryHandle
  /** Nothing can be changed through it, or through what is opened from it. */
  readonly isReadOnly: boolean
  /** Its path in the guest, where it was there from the start. */
  readonly preopenPath?: string
  /** Names as they were when somebody began to read them. */
  names?: readonly string[]
  flags: number
}

export interface OpenStream {
  readonly kind: 'stream'
  readonly input?: ByteInput
  readonly output?: ByteOutput
  /** A terminal, for programs that ask. */
  readonly isTerminal: boolean
  flags: number
}

export interface OpenListener {
  readonly kind: 'listener'
  readonly listener: Listener
  flags: number
}

export interface OpenConnection {
  readonly kind: 'connection'
  readonly input: ByteInput
  readonly output: ByteOutput
  readonly connection: Connection
  flags: number
}

export type Descriptor = OpenFile | OpenDirectory | OpenStream | OpenListener | OpenConnection

/** Gives back what a descriptor holds. Streams stay with whoever gave them. */
export function closeDescriptor(descriptor: Descriptor): void {
  if (descriptor.kind === 'file' || descriptor.kind === 'directory') descriptor.handle.close()
  else if (descriptor.kind === 'listener') descriptor.listener.close()
  else if (descriptor.kind === 'connection') descriptor.connection.close()
}
