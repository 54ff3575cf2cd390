import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type {
  ProcessCommand,
  ProcessOptions,
  ProcessState,
} from '../../quadrants/govern/src/xds/testing/xds-process.fixture.ts'

const PROGRAM = '../../quadrants/govern/src/xds/testing/xds-process.fixture.ts'

/** A control plane that can be killed. */
export class XdsProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  #asking: Promise<unknown> = Promise.resolve()
  port = 0

  private constructor(options: ProcessOptions) {
    const program = fileURLToPath(new URL(PROGRAM, import.meta.url))
    this.#child = spawn(process.execPath, ['--expose-gc', program, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]()
  }

  static async start(options: ProcessOptions = {}): Promise<XdsProcess> {
    const started = new XdsProcess(options)
    started.port = (await started.#read<{ port: number }>()).port
    return started
  }

  async tell(command: Exclude<ProcessCommand, { kind: 'state' }>): Promise<void> {
    await this.#ask(command)
  }

  state(): Promise<ProcessState> {
    return this.#ask({ kind: 'state' })
  }

  /** The state, as soon as it is as wanted, or the last one after so long. */
  async stateWhen(isSo: (state: ProcessState) => boolean, timeoutMs = 15_000): Promise<ProcessState> {
    const end = Date.now() + timeoutMs
    for (;;) {
      const state = await this.state()
      if (isSo(state) || Date.now() > end) return state
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  #ask<T>(command: ProcessCommand): Promise<T> {
    const answer = this.#asking.then(() => {
      this.#child.stdin!.write(`${JSON.stringify(command)}\n`)
      return this.#read<T>()
    })
    this.#asking = answer.catch(() => undefined)
    return answer
  }

  async #read<T>(): Promise<T> {
    const line = await this.#lines.next()
    if (line.done) throw new Error('the control plane has ended')
    return JSON.parse(line.value) as T
  }
}
