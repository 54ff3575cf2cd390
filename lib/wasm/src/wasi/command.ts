import type { CommandEnding, CommandOptions, CommandResult } from './command-options.ts'
import { linkGuest, makeGuest, releaseGuest, type LinkedGuest } from './linked-guest.ts'
import type { GuestProcess } from './process.ts'
import { TIMER_MS_MAX } from './wait.ts'

/**
 * Runs a command of WASI preview 1: calls its `_start`, and ends when that has ended and its output is handed on.
 *
 * @throws {WasmError} `link` where the module is no such command; `option` for arguments with a NUL, or too many
 */
export async function runCommand(
  module: WebAssembly.Module,
  options: CommandOptions = {},
): Promise<CommandResult> {
  const guest = makeGuest(options)
  const end = endEarly(guest, options)
  try {
    const linked = await linkGuest(guest, module, options)
    return resultOf(linked, await linked.run())
  } finally {
    await endGuest(guest, options)
    end()
  }
}

/**
 * Gives back what a guest had, and ends when its output is handed on, or its time is over: whoever takes none must not
 * keep its place.
 */
export async function endGuest(
  guest: GuestProcess,
  { stdout, stderr }: Pick<CommandOptions, 'stdout' | 'stderr'>,
): Promise<void> {
  releaseGuest(guest)
  if (guest.ending?.kind === 'killed') return
  const killed = Promise.withResolvers<void>()
  const forget = guest.onKill(killed.resolve)
  await Promise.race([Promise.all([stdout?.flush(), stderr?.flush()]), killed.promise])
  forget()
}

/** Ends a guest at its time, or by its signal. Returns what no longer does. */
export function endEarly(
  guest: GuestProcess,
  { wallTimeMsMax, signal }: Pick<CommandOptions, 'wallTimeMsMax' | 'signal'>,
): () => void {
  const timer =
    wallTimeMsMax === undefined ? undefined : setTimeout(() => guest.kill('wall-time'), wallTimeMsMax)
  // A process that waits for nothing but its guest has to stay.
  const staying = setInterval(() => {}, TIMER_MS_MAX)
  const abort = () => guest.kill('aborted')
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  return () => {
    clearTimeout(timer)
    clearInterval(staying)
    signal?.removeEventListener('abort', abort)
  }
}

export function resultOf({ meter }: LinkedGuest, ending: CommandEnding): CommandResult {
  return meter === undefined ? ending : { ...ending, fuelUsed: meter.used }
}
