import { channel } from 'node:diagnostics_channel'
import { errnoOf, Errno, fail, WasiError } from '../errno.ts'
import { GuestExit, GuestKill, type GuestProcess } from '../process.ts'
import type { Signal } from '../signal.ts'
import { waitForChange } from '../wait.ts'

/** An argument of a call: i32 as it comes, with a sign; i64 as a BigInt, likewise. */
type CallArgument = number & bigint

/** What a call of WASI does. It throws `WasiError` to fail; a promise suspends the guest. */
export type Call = (...args: CallArgument[]) => void | Promise<void>

/**
 * A fault of this host, not of its guest: `{ call, error }`. The guest gets IO. Nothing should ever be published here.
 */
const faults = channel('quadrant:wasm:fault')

/** What a guest imports: answers with the number of an error, never throws but to unwind a guest that is over. */
export function guarded(guest: GuestProcess, name: string, call: Call) {
  const failed = (error: unknown): number => {
    if (error instanceof WasiError) return error.errno
    // A guest that recurses too deep may reach the end of the stack in here: it is the guest's trap.
    if (error instanceof GuestExit || error instanceof GuestKill || isStackOverflow(error)) throw error
    const code = (error as NodeJS.ErrnoException | undefined)?.code
    if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return errnoOf(code)
    if (error instanceof RangeError && /allocation failed/.test(error.message)) return Errno.NOMEM
    faults.publish({ call: name, error })
    return Errno.IO
  }
  return (...args: CallArgument[]): number | Promise<number> => {
    guest.throwIfOver()
    let result: number | Promise<number> = Errno.SUCCESS
    try {
      const answer = call(...args)
      if (answer instanceof Promise) return answer.then(() => Errno.SUCCESS, failed)
    } catch (error) {
      result = failed(error)
    }
    // A guest that never waits must not keep everything else on this thread from running.
    return guest.isTurnOver ? guest.yieldTurn().then(() => result) : result
  }
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack')
}

/**
 * Tries until there is a result, and waits in between.
 *
 * @param attempt undefined where it has to wait. It looks at the guest's memory anew each time.
 */
export function untilDone<T>(
  guest: GuestProcess,
  isNonblocking: boolean,
  signal: Signal,
  attempt: () => T | undefined,
  done: (result: T) => void,
): void | Promise<void> {
  const first = attempt()
  if (first !== undefined) return done(first)
  if (isNonblocking) fail('AGAIN')
  return retry(guest, signal, attempt, done)
}

async function retry<T>(
  guest: GuestProcess,
  signal: Signal,
  attempt: () => T | undefined,
  done: (result: T) => void,
): Promise<void> {
  for (;;) {
    await waitForChange(guest, [signal], undefined)
    const result = attempt()
    if (result !== undefined) return done(result)
  }
}

/**
 * An offset or size: INVAL for a negative one. Those beyond what a number can say exactly are beyond every file too.
 *
 * @param beyond the error for these
 */
export function offsetOf(value: bigint, beyond: 'INVAL' | 'FBIG' = 'INVAL'): number {
  if (value < 0n) fail('INVAL')
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : fail(beyond)
}
