import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('../guest/testprog', import.meta.url))

/** One end of one connection, as the program that made it wrote it down. */
export interface LoggedEnd {
  readonly role: 'client' | 'server'
  readonly protocol: 'tcp' | 'udp'
  readonly local: string
  readonly remote: string
  readonly sent: number
  readonly received: number
  readonly sentMessages?: number
  readonly receivedMessages?: number
  readonly outcome: 'closed' | 'refused' | 'reset-sent' | 'reset-received'
  readonly pid: number
  readonly error?: string
}

/** guest/testprog/loadgen, built, with a folder for its logs. */
export class Loadgen implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'quadrant-loadgen-'))
  readonly program = join(this.folder, 'loadgen')
  readonly #logs: string[] = []

  constructor() {
    execFileSync('go', ['build', '-o', this.program, './loadgen'], {
      cwd: SOURCE,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }

  /** Starts a server, in a network namespace where one is named, and waits until it listens. */
  async serve(name: string, args: readonly string[], namespace?: string): Promise<LoadServer> {
    const [program, argv] = this.#command('serve', name, args, namespace)
    const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => {
        throw new Error(`loadgen serve ${args.join(' ')} ended`)
      }),
    ])
    return new LoadServer(child)
  }

  /** Runs `dial` or `send` to its end. */
  async run(
    command: 'dial' | 'send',
    name: string,
    args: readonly string[],
    namespace?: string,
  ): Promise<number> {
    const [program, argv] = this.#command(command, name, args, namespace)
    const child = spawn(program, argv, { stdio: ['ignore', 'inherit', 'inherit'] })
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`loadgen ${command} ${args.join(' ')} ended with ${code}`)
    return child.pid!
  }

  /** All that was logged so far. */
  log(): readonly LoggedEnd[] {
    return this.#logs
      .filter((path) => existsSync(path))
      .flatMap((path) =>
        readFileSync(path, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as LoggedEnd),
      )
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #command(command: string, name: string, args: readonly string[], namespace?: string): [string, string[]] {
    const log = join(this.folder, `${name}.jsonl`)
    if (!this.#logs.includes(log)) this.#logs.push(log)
    const argv = [this.program, command, '--log', log, ...args]
    return namespace === undefined ? [argv[0]!, argv.slice(1)] : ['ip', ['netns', 'exec', namespace, ...argv]]
  }
}

export class LoadServer implements AsyncDisposable {
  readonly #child: ChildProcess

  constructor(child: ChildProcess) {
    this.#child = child
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Closes its input, so that it writes its log and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.stdin!.end()
    await exited
  }
}
