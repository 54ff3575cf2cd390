import { Worker } from 'node:worker_threads'
import { WasmError } from '../../error.ts'
import type { CommandResult } from '../command-options.ts'
import { NOWHERE } from '../io/buffers.ts'
import type { ByteInput, ByteOutput } from '../io/byte-stream.ts'
import type { KillReason } from '../process.ts'
import { readSome, writeAll } from './relay.ts'
import type { FromThread, OutputFd, ToThread } from './thread-message.ts'
import type { ThreadOptions } from './thread-options.ts'

/** How long a guest that is killed may take to end in good order, as one does that waits or calls. */
const GRACE_MS = 100

/** What this side keeps of the guest that runs. */
interface Run {
  readonly stdin: ByteInput | undefined
  readonly outputs: Readonly<Record<OutputFd, ByteOutput>>
  /** What is written is written in its order, each stream for itself. */
  readonly writing: Record<OutputFd, Promise<void>>
  readonly over: AbortController
  readonly timers: NodeJS.Timeout[]
  readonly wallTimeMsMax: number | undefined
  readonly onListening: ThreadOptions['onListening']
  killedFor: KillReason | undefined
  resolve(result: CommandResult): void
  reject(error: Error): void
}

/**
 * A thread that runs commands as `runCommand` does, one after the other: they never hold up this one, and are ended in
 * time also where they compute without a pause. It may be opened long before there is anything to run, as it takes some
 * ten milliseconds to be there; disposed of, it ends when connections have handed on what their guest wrote.
 */
export class GuestThread implements Disposable {
  readonly #worker: Worker
  #run: Run | undefined
  #isOver = false

  constructor() {
    this.#worker = new Worker(new URL('guest-worker.ts', import.meta.url))
    this.#worker.on('message', (message: FromThread) => this.#receive(message))
    this.#worker.on('error', (error: NodeJS.ErrnoException) => {
      this.#isOver = true
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') this.#run?.resolve({ kind: 'killed', reason: 'memory' })
      else this.#run?.reject(error)
    })
    this.#worker.on('exit', () => {
      this.#isOver = true
      this.#run?.resolve({ kind: 'killed', reason: this.#run.killedFor ?? 'aborted' })
    })
  }

  /** It had to be ended together with its guest, or was disposed of: nothing runs in it any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /**
   * Runs one command; what it is given is opened in its thread. Resolves when it has ended and its output is handed on.
   *
   * @throws {WasmError} `link`, `option` as `runCommand`; `listen` where it cannot listen; `option` while another one runs
   */
  async run(module: WebAssembly.Module, options: ThreadOptions = {}): Promise<CommandResult> {
    if (this.#isOver || this.#run !== undefined)
      throw new WasmError('option', 'the thread is over, or has a guest already')
    const {
      stdin,
      stdout = NOWHERE,
      stderr = NOWHERE,
      wallTimeMsMax,
      signal,
      onListening,
      ...grants
    } = options
    const { promise, resolve, reject } = Promise.withResolvers<CommandResult>()
    this.#run = {
      stdin,
      outputs: { 1: stdout, 2: stderr },
      writing: { 1: Promise.resolve(), 2: Promise.resolve() },
      over: new AbortController(),
      timers: [],
      wallTimeMsMax,
      onListening,
      killedFor: undefined,
      resolve,
      reject,
    }
    const { over, timers } = this.#run
    this.#post({ kind: 'run', module, grants, hasInput: stdin !== undefined })
    const abort = () => this.#kill('aborted')
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    try {
      const result = await promise
      if (result.kind !== 'killed') {
        await Promise.all([stdout.flush(), stderr.flush()])
        return result
      }
      // It may have left anything behind.
      this.#isOver = true
      await this.#worker.terminate()
      return { kind: 'killed', reason: this.#run.killedFor ?? result.reason }
    } finally {
      this.#run = undefined
      over.abort()
      signal?.removeEventListener('abort', abort)
      for (const timer of timers) clearTimeout(timer)
    }
  }

  #post(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
  }

  #kill(reason: KillReason): void {
    const run = this.#run
    if (run === undefined || run.killedFor !== undefined) return
    run.killedFor = reason
    this.#post({ kind: 'kill' })
    run.timers.push(setTimeout(() => void this.#worker.terminate(), GRACE_MS))
  }

  #receive(message: FromThread): void {
    const run = this.#run
    if (run === undefined) return
    if (message.kind === 'output') {
      const { fd, bytes } = message
      run.writing[fd] = run.writing[fd].then(() => this.#write(run, fd, bytes))
    } else if (message.kind === 'wants-input') void this.#read(run)
    else if (message.kind === 'running') {
      const { wallTimeMsMax } = run
      if (message.addresses.length > 0) run.onListening?.(message.addresses)
      if (wallTimeMsMax !== undefined)
        run.timers.push(setTimeout(() => this.#kill('wall-time'), wallTimeMsMax))
    } else if (message.kind === 'ended') run.resolve(message.result)
    else if (message.code === undefined) run.reject(new Error(message.message))
    else run.reject(new WasmError(message.code, message.message))
  }

  async #write({ outputs }: Run, fd: OutputFd, bytes: Uint8Array): Promise<void> {
    const errno = await writeAll(outputs[fd], bytes)
    this.#post({ kind: 'written', fd, byteCount: bytes.length, ...(errno === undefined ? {} : { errno }) })
  }

  async #read({ stdin, over }: Run): Promise<void> {
    const { bytes, errno } = await readSome(stdin!, over.signal)
    if (!over.signal.aborted)
      this.#post({ kind: 'input', bytes, ...(errno === undefined ? {} : { errno }) }, [bytes.buffer])
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    this.#post({ kind: 'close' })
  }
}

/** Runs one command in a thread of its own. @throws {WasmError} as `GuestThread.run` */
export async function runCommandInThread(
  module: WebAssembly.Module,
  options: ThreadOptions = {},
): Promise<CommandResult> {
  using thread = new GuestThread()
  return await thread.run(module, options)
}
