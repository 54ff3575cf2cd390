import { FdFlag } from '../abi.ts'
import type { OpenFile } from '../descriptor.ts'
import { fail } from '../errno.ts'
import type { ByteInput, ByteOutput } from '../io/byte-stream.ts'
import type { GuestProcess } from '../process.ts'
import { offsetOf, untilDone, type Call } from './call.ts'

/** Bytes that one call moves; a guest that asks for more gets a short count, as from any system. */
const TRANSFER_BYTES_MAX = 4 << 20

/** Reading and writing: fd_read, fd_write, fd_pread, fd_pwrite. */
export function transferCalls(guest: GuestProcess) {
  const { descriptors } = guest

  const pieces = (pointer: number, count: number): readonly Uint8Array[] => {
    let rest = TRANSFER_BYTES_MAX
    return guest.memory.pieces(pointer, count).map((piece) => {
      const part = piece.subarray(0, rest)
      rest -= part.length
      return part
    })
  }

  /** SPIPE for what could be read or written, but not at a place. */
  const positioned = (fd: number, direction: 'input' | 'output'): OpenFile => {
    const descriptor = descriptors.get(fd)
    if (descriptor.kind === 'file') return descriptor
    const isStream = direction in descriptor && descriptor[direction as never] !== undefined
    return fail(isStream ? 'SPIPE' : 'BADF')
  }

  return {
    fd_read: (fd, pointer, count, resultPointer) => {
      const descriptor = descriptors.get(fd)
      guest.memory.u32(resultPointer)
      const done = (bytes: number) => guest.memory.setU32(resultPointer, bytes)
      if (descriptor.kind === 'file') {
        const bytes = readFile(descriptor, pieces(pointer, count), descriptor.offset)
        descriptor.offset += bytes
        return done(bytes)
      }
      const input = 'input' in descriptor ? descriptor.input : undefined
      if (input === undefined) return fail('BADF')
      const isNonblocking = (descriptor.flags & FdFlag.NONBLOCK) !== 0
      return untilDone(
        guest,
        isNonblocking,
        input.changed,
        () => readStream(input, pieces(pointer, count)),
        done,
      )
    },
    fd_pread: (fd, pointer, count, offset, resultPointer) => {
      const file = positioned(fd, 'input')
      if (offset < 0n) fail('INVAL')
      // Beyond the end of every file there is nothing to read.
      const at = Math.min(Number(offset), Number.MAX_SAFE_INTEGER)
      guest.memory.setU32(resultPointer, readFile(file, pieces(pointer, count), at))
    },
    fd_write: (fd, pointer, count, resultPointer) => {
      const descriptor = descriptors.get(fd)
      guest.memory.u32(resultPointer)
      const done = (bytes: number) => guest.memory.setU32(resultPointer, bytes)
      if (descriptor.kind === 'file') {
        const isAppending = (descriptor.flags & FdFlag.APPEND) !== 0
        if (isAppending && descriptor.isWritable) descriptor.offset = Number(descriptor.handle.stat().size)
        const bytes = writeFile(descriptor, pieces(pointer, count), descriptor.offset)
        descriptor.offset += bytes
        return done(bytes)
      }
      const output = 'output' in descriptor ? descriptor.output : undefined
      if (output === undefined) return fail('BADF')
      const isNonblocking = (descriptor.flags & FdFlag.NONBLOCK) !== 0
      return untilDone(
        guest,
        isNonblocking,
        output.changed,
        () => writeStream(output, pieces(pointer, count)),
        done,
      )
    },
    fd_pwrite: (fd, pointer, count, offset, resultPointer) => {
      const file = positioned(fd, 'output')
      const at = offsetOf(offset, 'FBIG')
      guest.memory.setU32(resultPointer, writeFile(file, pieces(pointer, count), at))
    },
  } satisfies Record<string, Call>
}

function readFile({ handle, isReadable }: OpenFile, pieces: readonly Uint8Array[], offset: number): number {
  if (!isReadable) fail('BADF')
  return upTo(pieces, (piece, before) => handle.read(piece, offset + before)) ?? 0
}

function writeFile(file: OpenFile, pieces: readonly Uint8Array[], offset: number): number {
  if (!file.isWritable) fail('BADF')
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (!Number.isSafeInteger(offset + total)) fail('FBIG')
  const count = upTo(pieces, (piece, before) => file.handle.write(piece, offset + before)) ?? 0
  if ((file.flags & (FdFlag.SYNC | FdFlag.DSYNC)) !== 0) file.handle.sync()
  return count
}

export function readStream(
  input: ByteInput,
  pieces: readonly Uint8Array[],
  isPeeking = false,
): number | undefined {
  // A look at what is there would find the same bytes for each piece.
  return upTo(isPeeking ? pieces.slice(0, 1) : pieces, (piece) => input.read(piece, { isPeeking }))
}

export function writeStream(output: ByteOutput, pieces: readonly Uint8Array[]): number | undefined {
  return upTo(pieces, (piece) => output.write(piece))
}

/**
 * Moves one piece after the other until one is not moved as a whole. What was moved before something failed is told as
 * moved; who comes again will be told what failed.
 */
function upTo(
  pieces: readonly Uint8Array[],
  move: (piece: Uint8Array, before: number) => number | undefined,
): number | undefined {
  let total = 0
  let hasMoved = false
  for (const piece of pieces) {
    if (piece.length === 0) continue
    let count: number | undefined
    try {
      count = move(piece, total)
    } catch (error) {
      if (hasMoved) return total
      throw error
    }
    if (count === undefined) return hasMoved ? total : undefined
    hasMoved = true
    total += count
    if (count < piece.length) break
  }
  return total
}
