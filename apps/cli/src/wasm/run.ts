import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import {
  compileCommand,
  runCommand,
  setGuestStackBytes,
  SocketListener,
  StreamInput,
  StreamOutput,
  WasmError,
  type CommandResult,
} from '@quadrant/wasm'
import { CliError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { printable } from '../output/printable.ts'
import { openDirectory, readListenAddress, readVariable } from './grants.ts'
import { listen } from './listen.ts'

export interface WasmRunFlags {
  readonly dir?: readonly string[]
  readonly env?: readonly string[]
  readonly listen?: readonly string[]
  /** MiB. */
  readonly memory: number
  /** Seconds. */
  readonly timeout?: number
}

/** Preopened directories come behind stdio. */
const FIRST_DESCRIPTOR = 3
/** As Go's own runner gives wasmtime: programs that recurse deeply have tests which need it. */
const STACK_BYTES = 8 << 20
/** How much later the watchdog comes than the timer of the guest, which ends it in good order. */
const GRACE_MS = 1500

/** `quadrant wasm run`. @throws {CliError} QDR-C018 for what is no program, C019 for a trap, C020 for one that took too long */
export async function runWasm(
  context: Context,
  flags: WasmRunFlags,
  file: string,
  ...args: readonly string[]
): Promise<void> {
  const addresses = (flags.listen ?? []).map(readListenAddress)
  const variables = (flags.env ?? []).map((text) => readVariable(text, context.env))
  setGuestStackBytes(STACK_BYTES)
  const module = await compile(file, flags.memory)
  const preopens = (flags.dir ?? []).map(openDirectory)
  const listeners: SocketListener[] = []
  for (const address of addresses) {
    const bound = await listen(address)
    listeners.push(new SocketListener(bound.server))
    note(context, `listening on ${bound.address}`)
  }
  const listenVariables: Readonly<Record<string, string>> =
    listeners.length === 0
      ? {}
      : {
          LISTEN_FDS: String(listeners.length),
          LISTEN_FDS_START: String(FIRST_DESCRIPTOR + preopens.length),
        }
  const watchdog = flags.timeout === undefined ? undefined : startWatchdog(flags.timeout)
  const stdin = context.stdin as Readable
  try {
    const result = await runCommand(module, {
      args: [file, ...args],
      env: { ...listenVariables, ...Object.fromEntries(variables) },
      stdin: new StreamInput(stdin),
      stdout: new StreamOutput(context.stdout.stream),
      stderr: new StreamOutput(context.stderr.stream),
      isTerminal: context.stdout.isTTY,
      preopens,
      listeners,
      signal: context.signal,
      ...(flags.timeout === undefined ? {} : { wallTimeMsMax: flags.timeout * 1000 }),
    })
    tell(context, result, file, flags.timeout)
  } catch (error) {
    if (!(error instanceof WasmError)) throw error
    throw notAProgram(file, error)
  } finally {
    await watchdog?.terminate()
    // One that waits for a line would keep this process.
    stdin.destroy()
  }
}

async function compile(file: string, memoryMib: number): Promise<WebAssembly.Module> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (cause) {
    throw new CliError('QDR-C013', `${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
  try {
    return await compileCommand(bytes, { memoryBytesMax: memoryMib * 2 ** 20 })
  } catch (error) {
    throw notAProgram(file, error)
  }
}

function notAProgram(file: string, cause: unknown): CliError {
  return new CliError('QDR-C018', `${file} cannot be run: ${printable((cause as Error).message)}`, {
    cause,
    fix: 'GOOS=wasip1 GOARCH=wasm go build -o app.wasm .',
  })
}

function tell(
  context: Context,
  result: CommandResult,
  file: string,
  timeoutSeconds: number | undefined,
): void {
  if (result.kind === 'exit') {
    context.process.exitCode = result.code & 0xff
    return
  }
  if (result.kind === 'killed') {
    if (result.reason === 'wall-time') throw new CliError('QDR-C020', tookTooLong(timeoutSeconds ?? 0))
    return
  }
  const frames = result.frames.map(
    ({ functionName, functionIndex, offset }) =>
      `  at ${printable(functionName ?? `function ${functionIndex}`)} (${file}, byte 0x${offset.toString(16)})`,
  )
  throw new CliError('QDR-C019', [`${file} trapped: ${printable(result.message)}`, ...frames].join('\n'))
}

function tookTooLong(seconds: number): string {
  return `the program ran longer than ${seconds} s (--timeout)`
}

function startWatchdog(seconds: number): Worker {
  const message = `error[QDR-C020] ${tookTooLong(seconds)}, and computed without a pause`
  const worker = new Worker(new URL('watchdog.ts', import.meta.url), {
    workerData: { ms: seconds * 1000 + GRACE_MS, message },
  })
  worker.unref()
  return worker
}
