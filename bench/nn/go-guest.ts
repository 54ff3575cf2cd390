import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { runCommand, StreamInput, StreamOutput, type HostModule } from '@quadrant/wasm'

/** guest/nnprog in the host, which computes as often as a line of its input says. */
export class GoGuest implements Disposable {
  readonly #stdin = new PassThrough()
  readonly #lines: Interface

  constructor(module: WebAssembly.Module, inference: HostModule, size: number, outputs: number) {
    const stdout = new PassThrough()
    this.#lines = createInterface({ input: stdout })
    void runCommand(module, {
      args: ['nnprog', 'bench', 'model', `1,3,${size},${size}`, String(outputs)],
      stdin: new StreamInput(this.#stdin),
      stdout: new StreamOutput(stdout),
      stderr: new StreamOutput(process.stderr),
      modules: [inference],
    })
  }

  /** Nanoseconds by the guest's own clock. */
  async measure(count: number): Promise<number> {
    this.#stdin.write(`${count}\n`)
    const [line] = (await once(this.#lines, 'line')) as [string]
    return Number(line)
  }

  [Symbol.dispose](): void {
    this.#stdin.end()
  }
}
