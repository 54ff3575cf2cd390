import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { BuiltProgram, type GoBuild, type ReadTarget } from '../../../runtime/testing/built-program.ts'

/** One side of a connection, as the program itself tells it when it ends. */
export interface ToldSide {
  readonly side: 'client' | 'server'
  readonly cookie: number
  readonly local: string
  readonly remote: string
  readonly writtenBytes: number
  /** SHA-256. */
  readonly written: string
  readonly readBytes: number
  readonly read: string
}

/** guest/testprog/tlstalk, built. */
export class TlsTalk extends BuiltProgram {
  /** @throws {Error} with nothing left behind when it cannot be built */
  constructor(build: GoBuild = { name: 'tlstalk' }) {
    super('tlstalk', build)
  }

  async serve(...flags: readonly string[]): Promise<TalkProcess & { readonly address: string }> {
    const server = new TalkProcess(this, ['serve', '127.0.0.1:0', ...flags])
    return Object.assign(server, { address: String(await server.line(0)) })
  }

  /** Begins to talk when it is told to. */
  talk(address: string, connections: number, messages: number, ...flags: readonly string[]): TalkProcess {
    return new TalkProcess(this, ['talk', address, String(connections), String(messages), ...flags])
  }

  wait(address: string): TalkProcess {
    return new TalkProcess(this, ['wait', address])
  }
}

/** A running copy. */
export class TalkProcess implements AsyncDisposable {
  readonly pid: number
  readonly target: ReadTarget
  readonly lines: unknown[] = []
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>

  constructor(program: TlsTalk, args: readonly string[]) {
    this.#child = spawn(program.path, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.pid = this.#child.pid!
    this.target = program.target(this.pid)
    this.#closed = once(this.#child, 'close')
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.lines.push(JSON.parse(line)))
  }

  /** What it told of connections that are over. */
  get sides(): readonly ToldSide[] {
    return this.lines.filter((line): line is ToldSide => typeof line === 'object')
  }

  async line(index: number): Promise<unknown> {
    while (this.lines.length <= index) await sleep(2)
    return this.lines[index]
  }

  /** Waits until it has told so many sides. */
  async until(count: number): Promise<readonly ToldSide[]> {
    while (this.sides.length < count) await sleep(5)
    return this.sides
  }

  say(line: string | number): void {
    this.#child.stdin!.write(`${line}\n`)
  }

  /** Has it begin, and waits for its end; its exit code. */
  async run(): Promise<number | null> {
    this.#child.stdin!.end('go\n')
    await this.#closed
    return this.#child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }
}
