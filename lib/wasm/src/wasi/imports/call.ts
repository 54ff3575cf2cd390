import { channel } from 'node:diagnostics_channel'
import { errnoOf, Errno, fail, WasiError } from '../errno.ts'
import type { HostCall, HostCallArgument } from '../host-module.ts'
import { GuestExit, GuestKill, type GuestProcess } from '../process.ts'
import type { Signal } from '../signal.ts'
import { waitForChange } from '../wait.ts'

/**
 * What a call of WASI does. It throws `WasiError` to fail, or returns the number where that is no exception: throwing one
 * walks the guest's stack. A promise suspends the guest.
 */
export type Call = (...args: HostCallArgument[]) => void | Errno | Promise<void>

/**
 * A fault of this host, not of its guest: `{ call, error }`. The guest gets IO. Nothing should ever be published here.
 */
const faults = channel('quadrant:wasm:fault')

/** A call of preview 1 that answers with the number of an error. */
export function errnoCall(guest: GuestProcess, name: string, call: Call): HostCall {
  const failed = (error: unknown): number => {
    if (error instanceof WasiError) return error.errno
    const code = (error as NodeJS.ErrnoException | undefined)?.code
    if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return errnoOf(code)
    if (error instanceof RangeError && /allocation failed/.test(error.message)) return Errno.NOMEM
    faults.publish({ call: name, error })
    return Errno.IO
  }
  return guarded(
    guest,
    (...args) => {
      const answer = call(...args)
      return answer instanceof Promise ? answer.then(() => Errno.SUCCESS) : (answer ?? Errno.SUCCESS)
    },
    failed,
  )
}

/**
 * What a guest imports: never throws but to unwind a guest that is over.
 *
 * @param failed what the guest is answered where the call throws or rejects
 */
export function guarded(guest: GuestProcess, call: HostCall, failed: (error: unknown) => number): HostCall {
  const answerTo = (error: unknown): number => {
    // A guest that recurses too deep may reach the end of the stack in here: it is the guest's trap.
    if (error instanceof GuestExit || error instanceof GuestKill || isStackOverflow(error)) throw error
    return failed(error)
  }
  return (...args) => {
    guest.throwIfOver()
    let result: number
    try {
      const answer = call(...args)
      if (answer instanceof Promise) return answer.then(undefined, answerTo)
      result = answer
    } catch (error) {
      result = answerTo(error)
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
): void | Errno | Promise<void> {
  const first = attempt()
  if (first !== undefined) return done(first)
  // Each connection ends so, whenever its guest has read all that came.
  if (isNonblocking) return Errno.AGAIN
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
