import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface LineProcessOptions {
  /** A descriptor of ours that the process gets as its descriptor 3. */
  readonly fd?: number
  /** The processor it is bound to. Default: any. */
  readonly cpu?: number
}

/** A process that answers each line on its standard input with a line of JSON, and ends when its input does. */
export class LineProcess implements AsyncDisposable, Disposable {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(command: readonly string[], { fd, cpu }: LineProcessOptions = {}) {
    const [program, ...args] = cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command]
    const stdio = ['pipe', 'pipe', 'inherit', ...(fd === undefined ? [] : [fd])] as const
    this.#child = spawn(program!, args, { stdio: [...stdio] })
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]()
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** The next line of its output. @throws {Error} when it ends instead */
  async read<T>(): Promise<T> {
    const line = await this.#lines.next()
    if (line.done) throw new Error(`${this.#child.spawnargs.join(' ')} ended instead of answering`)
    return JSON.parse(line.value) as T
  }

  /** Writes a line and reads its answer; one question at a time. @throws {Error} when it ends instead */
  ask<T>(line: string): Promise<T> {
    this.#child.stdin!.write(`${line}\n`)
    return this.read<T>()
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.stdin!.end()
    await exited
  }
}
