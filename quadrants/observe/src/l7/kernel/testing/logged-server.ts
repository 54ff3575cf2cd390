import type { ChildProcess } from 'node:child_process'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { GoBuild } from '../../../runtime/testing/built-program.ts'
import type { TestCgroup } from './test-cgroup.ts'

const SOURCE = fileURLToPath(new URL('../../../../../../guest/testprog', import.meta.url))

/** guest/testprog/httpserve, built. */
export class BuiltServer implements Disposable {
  readonly program: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'quadrant-httpserve-'))

  constructor({ args = [], toolchain = 'local' }: Pick<GoBuild, 'args' | 'toolchain'> = {}) {
    this.program = join(this.#folder, 'httpserve')
    execFileSync('go', ['build', ...args, '-o', this.program, './httpserve'], {
      cwd: SOURCE,
      stdio: 'inherit',
      env: { ...process.env, GOTOOLCHAIN: toolchain },
    })
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}

/** A server that says where it listens, and then a line for each request that it has answered. */
export class LoggedServer {
  readonly child: ChildProcess
  readonly lines: string[] = []
  #address = ''

  private constructor(child: ChildProcess) {
    this.child = child
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (this.#address === '') this.#address = line
      else this.lines.push(line)
    })
  }

  static async start(cgroup: TestCgroup, command: string, args: readonly string[]): Promise<LoggedServer> {
    const server = new LoggedServer(cgroup.spawn(command, args))
    while (server.#address === '') await sleep(5)
    return server
  }

  /** E.g. `127.0.0.1:4711`. */
  get address(): string {
    return this.#address
  }

  get port(): number {
    return Number(this.#address.slice(this.#address.lastIndexOf(':') + 1))
  }

  /** Waits until it has told so many requests. */
  async told(count: number): Promise<readonly string[]> {
    while (this.lines.length < count) await sleep(5)
    return this.lines
  }
}
