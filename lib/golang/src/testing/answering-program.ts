import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { ProcessMemory } from '../runtime/memory.ts'

/** What `gcload answer` tells of itself, by the names of runtime.MemStats and runtime/metrics. */
export type Answer = Readonly<Record<string, number | undefined>>

/** A running `gcload answer`, and its memory. */
export class AnsweringProgram implements AsyncDisposable {
  readonly memory: ProcessMemory
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #memoryFd: number

  constructor(program: string, environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(program, ['answer'], {
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    const fd = openSync(`/proc/${this.#child.pid}/mem`, 'r')
    this.#memoryFd = fd
    this.memory = {
      read(address, length) {
        const bytes = new Uint8Array(length)
        return bytes.subarray(0, readSync(fd, bytes, 0, length, address))
      },
    }
  }

  /** What it tells holds until it is asked again. */
  async ask(line: string): Promise<Answer> {
    this.#child.stdin.write(`${line}\n`)
    const { value } = await this.#lines.next()
    return JSON.parse(value as string) as Answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    closeSync(this.#memoryFd)
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }
}
