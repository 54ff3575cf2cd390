import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { restartBackoff } from './backoff.ts'

export interface SupervisedOptions {
  readonly name: string
  /** Script and its arguments, for this same Node. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Each line that it prints on stdout. */
  readonly onLine?: (line: string) => void
  /** Each line that it logs on stderr; without it they go where ours go. */
  readonly onLog?: (line: string) => void
  /** Called when it ended on its own; false: it is not started again. */
  readonly onExit: (exit: ChildExit) => boolean
}

export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly livedMs: number
  /** The wait before it is started again. */
  readonly restartInMs: number
}

const END_WITH_PARENT = new URL('./end-with-parent.ts', import.meta.url).href

/** SIGUSR1 would open the debugger's port, to everybody on this host. */
const NODE_FLAGS = ['--disable-sigusr1']

/** Time to end by itself: the agent tells its last second, the server commits it. */
const STOP_MS_MAX = 6000

/**
 * A child process that is started again whenever it dies. It is in a session of its own, so that Ctrl-C on the
 * terminal reaches us alone and we choose the order of ending. It ends with us by the end of its stdin, whose
 * other end only we hold: also when we are killed.
 */
export class Supervised implements AsyncDisposable {
  readonly #options: SupervisedOptions
  readonly #stopping = new AbortController()
  readonly #backoff = restartBackoff()
  #child: ChildProcess | undefined
  #startedMs = 0
  #running: Promise<void> | undefined

  constructor(options: SupervisedOptions) {
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Starts it, and from then on keeps it alive. */
  start(): void {
    this.#running ??= this.#keepAlive()
  }

  async #keepAlive(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const exit = await this.#runOnce()
      if (signal.aborted) return
      const livedMs = performance.now() - this.#startedMs
      const restartInMs = this.#backoff(livedMs)
      if (!this.#options.onExit({ ...exit, livedMs, restartInMs })) return
      await sleep(restartInMs, undefined, { signal }).catch(() => {})
    }
  }

  async #runOnce(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const { args, env, onLine, onLog } = this.#options
    this.#startedMs = performance.now()
    const child = spawn(process.execPath, [...NODE_FLAGS, '--import', END_WITH_PARENT, ...args], {
      stdio: ['pipe', 'pipe', onLog ? 'pipe' : 'inherit'],
      env,
      detached: true,
    })
    this.#child = child
    child.stdin?.on('error', () => {})
    lines(child.stdout, onLine ?? (() => {}))
    if (onLog) lines(child.stderr, onLog)
    try {
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
      return { code, signal }
    } catch {
      return { code: 127, signal: null } // It could not be started at all.
    } finally {
      this.#child = undefined
    }
  }

  /** Asks it to end, and after a while makes it. It is not started again. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const child = this.#child
    if (child) {
      child.kill('SIGTERM')
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
      await this.#running
      clearTimeout(killer)
    }
    await this.#running
  }

  /** Ends it at once. */
  kill(): void {
    this.#stopping.abort()
    this.#child?.kill('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** A line of a child that is longer is cut: it is for people or is one small JSON object. */
const LINE_CHARACTERS_MAX = 65_536

function lines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = ''
  stream?.setEncoding('utf8')
  stream?.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n')
    rest = (parts.pop() ?? '').slice(-LINE_CHARACTERS_MAX)
    for (const part of parts) onLine(part)
  })
  stream?.on('end', () => {
    if (rest !== '') onLine(rest)
  })
  stream?.on('error', () => {})
}
