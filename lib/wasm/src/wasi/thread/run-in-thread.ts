import { Worker } from 'node:worker_threads'
import { WasmError } from '../../error.ts'
import type { CommandResult } from '../command.ts'
import { NOWHERE } from '../io/buffers.ts'
import type { KillReason } from '../process.ts'
import { readSome, writeAll } from './relay.ts'
import type { FromThread, OutputFd, ThreadData, ToThread } from './thread-message.ts'
import type { ThreadGrants, ThreadOptions } from './thread-options.ts'

/** How long a guest that is killed may take to end in good order, as one does that waits or calls. */
const GRACE_MS = 100

/**
 * Runs a command as `runCommand` does, in a thread of its own: it never holds up this one, and is ended in time also
 * where it computes without a pause. What it is given is plain data, and opened in its thread. Resolves when the guest
 * has ended and its output is handed on; its connections may still be handing on what was written.
 *
 * @throws {WasmError} `link`, `option` as `runCommand`; `listen` where it cannot listen
 */
export async function runCommandInThread(
  module: WebAssembly.Module,
  options: ThreadOptions = {},
): Promise<CommandResult> {
  const { stdin, stdout = NOWHERE, stderr = NOWHERE, wallTimeMsMax, signal, onListening, ...grants } = options
  const data: ThreadData = { module, grants: grants satisfies ThreadGrants, hasInput: stdin !== undefined }
  const worker = new Worker(new URL('guest-thread.ts', import.meta.url), { workerData: data })
  const post = (message: ToThread, transfer: ArrayBuffer[] = []) => worker.postMessage(message, transfer)
  const over = new AbortController()
  const timers: NodeJS.Timeout[] = []
  const outputs = { 1: stdout, 2: stderr } as const
  /** What is written is written in its order, each stream for itself. */
  const writing: Record<OutputFd, Promise<void>> = { 1: Promise.resolve(), 2: Promise.resolve() }
  let killedFor: KillReason | undefined

  const kill = (reason: KillReason) => {
    if (killedFor !== undefined) return
    killedFor = reason
    post({ kind: 'kill', reason })
    timers.push(setTimeout(() => void worker.terminate(), GRACE_MS))
  }
  const abort = () => kill('aborted')

  const write = async (fd: OutputFd, bytes: Uint8Array) => {
    const errno = await writeAll(outputs[fd], bytes)
    post({ kind: 'written', fd, byteCount: bytes.length, ...(errno === undefined ? {} : { errno }) })
  }
  const read = async () => {
    const { bytes, errno } = await readSome(stdin!, over.signal)
    if (!over.signal.aborted)
      post({ kind: 'input', bytes, ...(errno === undefined ? {} : { errno }) }, [bytes.buffer])
  }

  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>()
  worker.on('message', (message: FromThread) => {
    if (message.kind === 'output') {
      writing[message.fd] = writing[message.fd].then(() => write(message.fd, message.bytes))
    } else if (message.kind === 'wants-input') void read()
    else if (message.kind === 'running') {
      if (message.addresses.length > 0) onListening?.(message.addresses)
      if (wallTimeMsMax !== undefined) timers.push(setTimeout(() => kill('wall-time'), wallTimeMsMax))
    } else if (message.kind === 'ended') resolve(message.result)
    else if (message.code === undefined) reject(new Error(message.message))
    else reject(new WasmError(message.code, message.message))
  })
  worker.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') resolve({ kind: 'killed', reason: 'memory' })
    else reject(error)
  })
  worker.on('exit', () => resolve({ kind: 'killed', reason: killedFor ?? 'aborted' }))

  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  try {
    const result = await promise
    if (result.kind === 'killed') {
      await worker.terminate()
      return { kind: 'killed', reason: killedFor ?? result.reason }
    }
    await Promise.all([stdout.flush(), stderr.flush()])
    return result
  } finally {
    over.abort()
    signal?.removeEventListener('abort', abort)
    for (const timer of timers) clearTimeout(timer)
  }
}
