import { Clock, EventType } from '../abi.ts'
import type { Descriptor } from '../descriptor.ts'
import { Errno, fail, WasiError } from '../errno.ts'
import type { GuestProcess } from '../process.ts'
import type { Signal } from '../signal.ts'
import { waitForChange } from '../wait.ts'
import type { Call } from './call.ts'
import { clockTime } from './environment-calls.ts'

const SUBSCRIPTIONS_MAX = 16_384
const SUBSCRIPTION_BYTES = 48
const EVENT_BYTES = 32
const ABSOLUTE = 1
/** Stands for a clock that nobody can wait for. */
const NO_CLOCK = -1
const HANGUP = 1

interface Subscription {
  readonly userdata: bigint
  readonly type: number
  /** When a clock is due, on that clock. */
  readonly clock: number
  readonly dueAt: bigint
  readonly fd: number
}

/** That something can be read or written now. */
interface Ready {
  readonly errno?: Errno
  readonly bytes?: number
  readonly isOver?: boolean
}

/** poll_oneoff: waits until at least one of the subscriptions has its event. */
export function pollCalls(guest: GuestProcess) {
  return {
    poll_oneoff: (inPointer, outPointer, count, resultPointer) => {
      const subscriptionCount = count >>> 0
      if (subscriptionCount === 0 || subscriptionCount > SUBSCRIPTIONS_MAX) fail('INVAL')
      const { memory } = guest
      memory.bytes(inPointer, subscriptionCount * SUBSCRIPTION_BYTES)
      memory.bytes(outPointer, subscriptionCount * EVENT_BYTES)
      memory.u32(resultPointer)
      const subscriptions = Array.from({ length: subscriptionCount }, (_, index) =>
        read(guest, (inPointer >>> 0) + index * SUBSCRIPTION_BYTES),
      )
      const writeEvents = () => write(guest, subscriptions, outPointer >>> 0, resultPointer)
      if (writeEvents()) return
      return wait(guest, subscriptions, writeEvents)
    },
  } satisfies Record<string, Call>
}

/**
 * ```
 * 0         8     16        24       32         40       48
 * userdata  type  clock id  timeout  precision  flags       type 0
 * userdata  type  fd                                        types 1 and 2
 * ```
 */
function read(guest: GuestProcess, at: number): Subscription {
  const { memory } = guest
  const userdata = memory.u64(at)
  const type = memory.u8(at + 8)
  const word = memory.u32(at + 16)
  if (type !== EventType.CLOCK) return { userdata, type, clock: 0, dueAt: 0n, fd: word }
  const timeout = memory.u64(at + 24)
  const flags = memory.u16(at + 40)
  const isKnown = (word === Clock.REALTIME || word === Clock.MONOTONIC) && (flags & ~ABSOLUTE) === 0
  if (!isKnown) return { userdata, type, clock: NO_CLOCK, dueAt: 0n, fd: 0 }
  const from = flags === ABSOLUTE ? 0n : clockTime(guest, word)
  return { userdata, type, clock: word, dueAt: from + timeout, fd: 0 }
}

/** Writes an event for each subscription that has one; false where none has. */
function write(
  guest: GuestProcess,
  subscriptions: readonly Subscription[],
  outPointer: number,
  resultPointer: number,
): boolean {
  const { memory } = guest
  let count = 0
  for (const subscription of subscriptions) {
    const ready = readiness(guest, subscription)
    if (ready === undefined) continue
    const at = outPointer + count++ * EVENT_BYTES
    memory.bytes(at, EVENT_BYTES).fill(0)
    memory.setU64(at, subscription.userdata)
    memory.setU16(at + 8, ready.errno ?? Errno.SUCCESS)
    memory.setU8(at + 10, subscription.type)
    memory.setU64(at + 16, BigInt(ready.bytes ?? 0))
    memory.setU16(at + 24, ready.isOver === true ? HANGUP : 0)
  }
  if (count > 0) memory.setU32(resultPointer, count)
  return count > 0
}

/** Undefined: not yet. What is wrong with one subscription is its event, and no failure of the call. */
function readiness(guest: GuestProcess, { type, clock, dueAt, fd }: Subscription): Ready | undefined {
  if (type === EventType.CLOCK) {
    if (clock === NO_CLOCK) return { errno: Errno.INVAL }
    return clockTime(guest, clock) >= dueAt ? {} : undefined
  }
  if (type !== EventType.FD_READ && type !== EventType.FD_WRITE) return { errno: Errno.INVAL }
  try {
    return descriptorReadiness(guest.descriptors.get(fd), type === EventType.FD_READ)
  } catch (error) {
    if (error instanceof WasiError) return { errno: error.errno }
    throw error
  }
}

function descriptorReadiness(descriptor: Descriptor, isForReading: boolean): Ready | undefined {
  if (descriptor.kind === 'directory') return { errno: Errno.BADF }
  if (descriptor.kind === 'file') return { bytes: isForReading ? restOf(descriptor) : 0 }
  if (descriptor.kind === 'listener') {
    if (!isForReading) return { errno: Errno.BADF }
    return descriptor.listener.isReadable ? { bytes: 1 } : undefined
  }
  if (!isForReading)
    return descriptor.output === undefined
      ? { errno: Errno.BADF }
      : descriptor.output.isWritable
        ? { bytes: 4096 }
        : undefined
  if (descriptor.input === undefined) return { errno: Errno.BADF }
  const bytes = descriptor.input.readableBytes
  return bytes === undefined ? undefined : { bytes, isOver: bytes === 0 }
}

function restOf({ handle, offset }: Extract<Descriptor, { kind: 'file' }>): number {
  return Math.max(0, Number(handle.stat().size) - offset)
}

async function wait(
  guest: GuestProcess,
  subscriptions: readonly Subscription[],
  writeEvents: () => boolean,
): Promise<void> {
  const signals = new Set(subscriptions.flatMap((one) => signalOf(guest, one) ?? []))
  do {
    const ms = subscriptions.reduce<number | undefined>((least, { type, clock, dueAt }) => {
      if (type !== EventType.CLOCK) return least
      const rest = Number(dueAt - clockTime(guest, clock)) / 1e6
      // Rounded up: one that wakes too early would only wait again.
      return Math.min(least ?? Infinity, Math.max(0, Math.ceil(rest)))
    }, undefined)
    if (ms === 0) await guest.yieldTurn()
    else await waitForChange(guest, [...signals], ms)
  } while (!writeEvents())
}

function signalOf(guest: GuestProcess, { type, fd }: Subscription): Signal | undefined {
  if (type === EventType.CLOCK) return undefined
  const descriptor = guest.descriptors.get(fd)
  if (descriptor.kind === 'listener') return descriptor.listener.changed
  if (descriptor.kind !== 'stream' && descriptor.kind !== 'connection') return undefined
  return type === EventType.FD_READ ? descriptor.input?.changed : descriptor.output?.changed
}
