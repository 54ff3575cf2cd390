import { Clock } from '../abi.ts'
import { fail } from '../errno.ts'
import type { GuestProcess } from '../process.ts'
import type { Call } from './call.ts'

/** Random bytes at once; between them others have their turn. */
const RANDOM_BYTES_MAX = 1 << 20

/** Arguments, environment, clocks, randomness, and the end. */
export function environmentCalls(guest: GuestProcess) {
  const strings = (list: readonly Uint8Array[]) => ({
    sizes: (countPointer: number, bytesPointer: number) => {
      const { memory } = guest
      memory.setU32(countPointer, list.length)
      memory.setU32(
        bytesPointer,
        list.reduce((sum, one) => sum + one.length + 1, 0),
      )
    },
    get: (listPointer: number, bytesPointer: number) => {
      const { memory } = guest
      let at = bytesPointer >>> 0
      for (const [index, one] of list.entries()) {
        memory.setU32((listPointer >>> 0) + index * 4, at)
        memory.bytes(at, one.length).set(one)
        memory.setU8(at + one.length, 0)
        at += one.length + 1
      }
    },
  })
  const args = strings(guest.args)
  const env = strings(guest.env)

  const fillRandom = async (pointer: number, length: number): Promise<void> => {
    for (let done = 0; done < length; done += RANDOM_BYTES_MAX) {
      const count = Math.min(RANDOM_BYTES_MAX, length - done)
      guest.surroundings.randomFill(guest.memory.bytes(pointer + done, count))
      if (guest.isTurnOver) await guest.yieldTurn()
    }
  }

  return {
    args_get: args.get,
    args_sizes_get: args.sizes,
    environ_get: env.get,
    environ_sizes_get: env.sizes,
    clock_res_get: (id, pointer) => {
      checkClock(id)
      guest.memory.setU64(pointer, id === Clock.REALTIME ? 1000n : 1n)
    },
    clock_time_get: (id, _precision, pointer) => {
      checkClock(id)
      guest.memory.setU64(pointer, clockTime(guest, id))
    },
    random_get: (pointer, length) => {
      const bytes = guest.memory.bytes(pointer, length)
      if (bytes.length > RANDOM_BYTES_MAX) return fillRandom(pointer >>> 0, bytes.length)
      return guest.surroundings.randomFill(bytes)
    },
    sched_yield: () => guest.yieldTurn(),
    proc_exit: (code) => guest.exit(code >>> 0),
    // Signals were taken out of preview 1.
    proc_raise: () => fail('NOTSUP'),
  } satisfies Record<string, Call>
}

/** Processor time is not a guest's own here: BADF, as wasmtime answers. */
function checkClock(id: number): void {
  if (id === Clock.PROCESS_CPUTIME || id === Clock.THREAD_CPUTIME) fail('BADF')
  if (id !== Clock.REALTIME && id !== Clock.MONOTONIC) fail('INVAL')
}

/** Nanoseconds of one of the two clocks that there are. */
export function clockTime({ surroundings }: GuestProcess, id: number): bigint {
  return BigInt.asUintN(64, id === Clock.REALTIME ? surroundings.realtime() : surroundings.monotonic())
}
