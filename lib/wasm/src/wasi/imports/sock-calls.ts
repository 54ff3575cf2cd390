import { FdFlag } from '../abi.ts'
import type { OpenConnection } from '../descriptor.ts'
import { fail } from '../errno.ts'
import type { GuestProcess } from '../process.ts'
import { untilDone, type Call } from './call.ts'
import { readStream, writeStream } from './fd-transfer.ts'

const RECV_PEEK = 1
const RECV_WAITALL = 2
const SHUT_RD = 1
const SHUT_WR = 2

/** Connections that come from listeners which the guest was started with. */
export function sockCalls(guest: GuestProcess) {
  const { descriptors } = guest

  const connection = (fd: number): OpenConnection => {
    const descriptor = descriptors.get(fd)
    if (descriptor.kind === 'connection') return descriptor
    return fail(descriptor.kind === 'listener' ? 'NOTCONN' : 'NOTSOCK')
  }

  return {
    sock_accept: (fd, flags, resultPointer) => {
      const descriptor = descriptors.get(fd)
      if (descriptor.kind === 'connection') fail('INVAL')
      if (descriptor.kind !== 'listener') return fail('NOTSOCK')
      // NONBLOCK is the only flag that makes sense of a new connection.
      if ((flags & ~FdFlag.NONBLOCK) !== 0) fail('INVAL')
      guest.memory.u32(resultPointer)
      descriptors.check()
      return untilDone(
        guest,
        (descriptor.flags & FdFlag.NONBLOCK) !== 0,
        descriptor.listener.changed,
        () => descriptor.listener.accept(),
        (accepted) => {
          const added = descriptors.add({
            kind: 'connection',
            input: accepted.input,
            output: accepted.output,
            connection: accepted,
            flags,
          })
          guest.memory.setU32(resultPointer, added)
        },
      )
    },
    sock_recv: (fd, pointer, count, flags, resultPointer, flagsPointer) => {
      const { input, flags: fdFlags } = connection(fd)
      // Waiting for all of it could be waiting for ever: it may be refused.
      if ((flags & RECV_WAITALL) !== 0) fail('NOTSUP')
      if ((flags & ~RECV_PEEK) !== 0) fail('INVAL')
      guest.memory.u32(resultPointer)
      guest.memory.u16(flagsPointer)
      return untilDone(
        guest,
        (fdFlags & FdFlag.NONBLOCK) !== 0,
        input.changed,
        () => readStream(input, guest.memory.pieces(pointer, count), (flags & RECV_PEEK) !== 0),
        (bytes) => {
          guest.memory.setU32(resultPointer, bytes)
          guest.memory.setU16(flagsPointer, 0)
        },
      )
    },
    sock_send: (fd, pointer, count, flags, resultPointer) => {
      const { output, flags: fdFlags } = connection(fd)
      if (flags !== 0) fail('INVAL')
      guest.memory.u32(resultPointer)
      return untilDone(
        guest,
        (fdFlags & FdFlag.NONBLOCK) !== 0,
        output.changed,
        () => writeStream(output, guest.memory.pieces(pointer, count)),
        (bytes) => guest.memory.setU32(resultPointer, bytes),
      )
    },
    sock_shutdown: (fd, how) => {
      const opened = connection(fd)
      if ((how & ~(SHUT_RD | SHUT_WR)) !== 0 || how === 0) fail('INVAL')
      opened.connection.shutdown({ read: (how & SHUT_RD) !== 0, write: (how & SHUT_WR) !== 0 })
    },
  } satisfies Record<string, Call>
}
