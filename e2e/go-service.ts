import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('../guest/testprog', import.meta.url))

/** guest/testprog/gcserve, built and running: a Go service that collects garbage when it is asked to. */
export class GoService implements AsyncDisposable {
  readonly address: string
  readonly #child: ChildProcess
  readonly #folder: string

  private constructor(address: string, child: ChildProcess, folder: string) {
    this.address = address
    this.#child = child
    this.#folder = folder
  }

  static async start(options: { readonly buildFlags?: readonly string[] } = {}): Promise<GoService> {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-gcserve-'))
    const program = join(folder, 'gcserve')
    execFileSync('go', ['build', ...(options.buildFlags ?? []), '-o', program, './gcserve'], {
      cwd: SOURCE,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const child = spawn(program, ['127.0.0.1:0'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    return new GoService(line.toString().trim(), child, folder)
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
      .find(([, rights, , , , path]) => rights === 'r-xp' && path === join(this.#folder, 'gcserve'))!
    const [start, end] = range!.split('-').map((hex) => Number.parseInt(hex, 16)) as [number, number]
    const inFile = readFileSync(join(this.#folder, 'gcserve')).subarray(Number.parseInt(offset!, 16))
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
    this.#child.stdin?.end()
    await ended
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
