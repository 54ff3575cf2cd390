import { WasmError } from '../error.ts'
import { endEarly, endGuest, resultOf } from './command.ts'
import type { CommandEnding, CommandOptions, CommandResult } from './command-options.ts'
import { Gate } from './gate.ts'
import { linkGuest, makeGuest, releaseGuest, stdio, type LinkedGuest } from './linked-guest.ts'

/** What a command has from the start; what is given to `run` is not among it. */
export type PrepareOptions = Omit<CommandOptions, keyof RunOptions | 'listeners'>

/** What it has for the one time that it runs. */
export type RunOptions = Pick<
  CommandOptions,
  'stdin' | 'stdout' | 'stderr' | 'isTerminal' | 'wallTimeMsMax' | 'signal'
>

/** A program that has not come so far by then does something else than begin. */
const PREPARING_MS_MAX = 10_000

/**
 * A command that has begun, and waits for its one run: it is instantiated, its runtime has started, and its packages are
 * initialised as far as they only ask for arguments, environment, time and randomness. Whatever else it calls first waits
 * until it is run.
 */
export class PreparedCommand implements Disposable {
  readonly #linked: LinkedGuest
  readonly #gate: Gate
  readonly #ending: Promise<CommandEnding>
  #isUsed = false

  private constructor(linked: LinkedGuest, gate: Gate) {
    this.#linked = linked
    this.#gate = gate
    this.#ending = linked.run()
  }

  /** @throws {WasmError} `link` or `option`, as `runCommand`; `link` too where it does not come to its gate in 10 seconds */
  static async prepare(module: WebAssembly.Module, options: PrepareOptions = {}): Promise<PreparedCommand> {
    const gate = new Gate()
    const guest = makeGuest(options, gate)
    try {
      const prepared = new PreparedCommand(await linkGuest(guest, module, options), gate)
      const end = endEarly(guest, { wallTimeMsMax: PREPARING_MS_MAX })
      // One that ends without a call that others could see has its ending already.
      await Promise.race([gate.reached, prepared.#ending])
      end()
      if (guest.ending?.kind === 'killed' && guest.ending.reason === 'wall-time')
        throw new WasmError('link', 'it computed for 10 s before it asked for anything')
      return prepared
    } catch (error) {
      releaseGuest(guest)
      throw error
    }
  }

  /** Runs it on, once. @throws {WasmError} `option` a second time */
  async run(options: RunOptions = {}): Promise<CommandResult> {
    if (this.#isUsed) throw new WasmError('option', 'it runs once')
    this.#isUsed = true
    const { guest } = this.#linked
    for (const [fd, descriptor] of stdio(options).entries()) guest.descriptors.replace(fd, descriptor)
    const end = endEarly(guest, options)
    this.#gate.open()
    try {
      return resultOf(this.#linked, await this.#ending)
    } finally {
      await endGuest(guest, options)
      end()
    }
  }

  /** Gives it back where it was not run. */
  [Symbol.dispose](): void {
    if (this.#isUsed) return
    this.#isUsed = true
    const { guest } = this.#linked
    guest.kill('aborted')
    this.#gate.open()
    releaseGuest(guest)
  }
}
