import { PassThrough } from 'node:stream'
import { createInterface, type Interface } from 'node:readline'
import { once } from 'node:events'
import { runCommand, StreamInput, StreamOutput } from '@quadrant/wasm'

/** A Go program in the host that is asked line by line. */
export class GoGuest implements Disposable {
  readonly #stdin = new PassThrough()
  readonly #lines: Interface

  private constructor(module: WebAssembly.Module) {
    const stdout = new PassThrough()
    this.#lines = createInterface({ input: stdout })
    void runCommand(module, {
      args: ['guest'],
      stdin: new StreamInput(this.#stdin),
      stdout: new StreamOutput(stdout),
      stderr: new StreamOutput(process.stderr),
    })
  }

  static async start(module: WebAssembly.Module): Promise<GoGuest> {
    const guest = new GoGuest(module)
    await guest.measure('regexp', 1)
    return guest
  }

  async measure(task: string, count: number): Promise<number> {
    this.#stdin.write(`${task} ${count}\n`)
    const [line] = (await once(this.#lines, 'line')) as [string]
    return Number(line)
  }

  [Symbol.dispose](): void {
    this.#stdin.end()
  }
}
