import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('../guest/testprog', import.meta.url))

export interface GoServiceOptions {
  /** Of guest/testprog. Default gcserve: a Go service that collects garbage when it is asked to. */
  readonly program?: string
  /** Default: an address to serve. */
  readonly args?: readonly string[]
  readonly buildFlags?: readonly string[]
}

/** A server of guest/testprog, built and running. */
export class GoService implements AsyncDisposable {
  readonly address: string
  readonly program: string
  /** What it printed after its address. */
  readonly lines: string[] = []
  readonly #child: ChildProcess

  private constructor(address: string, child: ChildProcess, program: string) {
    this.address = address
    this.program = program
    this.#child = child
  }

  static async start({
    program: name = 'gcserve',
    args = ['127.0.0.1:0'],
    buildFlags = [],
  }: GoServiceOptions = {}): Promise<GoService> {
    const program = join(mkdtempSync(join(tmpdir(), `quadrant-${name}-`)), name)
    execFileSync('go', ['build', ...buildFlags, '-o', program, `./${name}`], {
      cwd: SOURCE,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const output = createInterface({ input: child.stdout })
    const [address] = (await once(output, 'line')) as [string]
    const service = new GoService(address, child, program)
    output.on('line', (line) => service.lines.push(line))
    return service
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** One request on a connection of its own. */
  async ask(path: string): Promise<string> {
    const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      get(`http://${this.address}${path}`, { agent: false }, resolve).on('error', reject)
    })
    let text = ''
    for await (const chunk of response) text += String(chunk)
    return text
  }

  /** Bytes of its code that are not as in its file: a breakpoint is one, or five where the kernel could jump. */
  breakpointBytes(): number {
    const [range, , offset] = readFileSync(`/proc/${this.pid}/maps`, 'utf8')
      .split('\n')
      .map((line) => line.split(/\s+/))
      .find(([, rights, , , , path]) => rights === 'r-xp' && path === this.program)!
    const [start, end] = range!.split('-').map((hex) => Number.parseInt(hex, 16)) as [number, number]
    const inFile = readFileSync(this.program).subarray(Number.parseInt(offset!, 16))
    const inMemory = Buffer.alloc(end - start)
    const memory = openSync(`/proc/${this.pid}/mem`, 'r')
    readSync(memory, inMemory, 0, inMemory.length, start)
    closeSync(memory)
    let count = 0
    for (let i = 0; i < Math.min(inFile.length, inMemory.length); i++) if (inFile[i] !== inMemory[i]) count++
    return count
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill()
    await ended
    rmSync(dirname(this.program), { recursive: true, force: true })
  }
}
