import type { Readable } from 'node:stream'
import {
  compileCommand,
  networkModule,
  openPreopens,
  parseNetworkRule,
  runCommand,
  setGuestStackBytes,
  runCommandInThread,
  SocketListener,
  StreamInput,
  StreamOutput,
  WasmError,
  type CommandResult,
  type HostPreopen,
} from '@quadrant/wasm'
import { CliError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { printable } from '../output/printable.ts'
import {
  readDirectory,
  readInference,
  readListenAddress,
  readNetworkRule,
  readVariable,
  type ListenAddress,
} from './grants.ts'
import type { InferenceGrants } from './inference.ts'
import type { NnTarget } from './nn-target.ts'
import { cannotListen, listen } from './listen.ts'
import { openModels } from './open-models.ts'
import { notAProgram, readProgram, STACK_BYTES } from './program-file.ts'

export interface WasmRunFlags {
  readonly allowNet?: readonly string[]
  readonly dir?: readonly string[]
  readonly env?: readonly string[]
  readonly listen?: readonly string[]
  /** MiB. */
  readonly memory: number
  readonly nn?: readonly string[]
  readonly nnTarget?: NnTarget
  /** Seconds. */
  readonly timeout?: number
  /** Millions of units. */
  readonly fuel?: number
}

/** All that a program is given, by name. */
interface Grants {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly isTerminal: boolean
  readonly directories: readonly HostPreopen[]
  readonly addresses: readonly ListenAddress[]
  readonly network: readonly string[]
  readonly inference: InferenceGrants | undefined
}

const LISTENER_URL = new URL('thread-listener.ts', import.meta.url).href
const INFERENCE_URL = new URL('thread-inference.ts', import.meta.url).href
/** Preopened directories come behind stdio. */
const FIRST_DESCRIPTOR = 3

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
  const network = (flags.allowNet ?? []).map(readNetworkRule)
  const inference = readInference(flags)
  const module = await compile(file, flags)
  const directories = (flags.dir ?? []).map(readDirectory)
  const listenVariables: Readonly<Record<string, string>> =
    addresses.length === 0
      ? {}
      : {
          LISTEN_FDS: String(addresses.length),
          LISTEN_FDS_START: String(FIRST_DESCRIPTOR + directories.length),
        }
  const grants: Grants = {
    args: [file, ...args],
    env: { ...listenVariables, ...Object.fromEntries(variables) },
    isTerminal: context.stdout.isTTY,
    directories,
    addresses,
    network,
    inference,
  }
  const stdin = context.stdin as Readable
  try {
    const { timeout, fuel } = flags
    const result =
      timeout === undefined
        ? await runHere(context, module, grants, fuel)
        : await runInThread(context, module, grants, timeout, fuel)
    tell(context, result, file, flags)
  } catch (error) {
    if (!(error instanceof WasmError)) throw error
    if (error.code === 'grant') throw (await import('./inference.ts')).cannotLoad(error)
    throw error.code === 'listen' ? cannotListen(error) : notAProgram(file, error, 'run')
  } finally {
    // One that waits for a line would keep this process.
    stdin.destroy()
  }
}

async function compile(file: string, { memory, fuel }: WasmRunFlags): Promise<WebAssembly.Module> {
  const bytes = await readProgram(file)
  try {
    return await compileCommand(bytes, { memoryBytesMax: memory * 2 ** 20, isMetered: fuel !== undefined })
  } catch (error) {
    throw notAProgram(file, error, 'run')
  }
}

/** In this thread, which has nothing else to do: a thread of its own would be a third more of a short program's time. */
async function runHere(
  context: Context,
  module: WebAssembly.Module,
  grants: Grants,
  fuel: number | undefined,
): Promise<CommandResult> {
  const { args, env, isTerminal, directories, addresses, network, inference } = grants
  using infers = await openModels(inference, { canBringModels: true })
  // The program closes them; where it does not come to be, they must not keep this process.
  using opened = new DisposableStack()
  const listeners: SocketListener[] = []
  for (const address of addresses) {
    const bound = await listen(address)
    const listener = new SocketListener(bound.server)
    opened.defer(() => listener.close())
    listeners.push(listener)
    note(context, `listening on ${bound.address}`)
  }
  return await runCommand(module, {
    args,
    env,
    isTerminal,
    ...stdio(context),
    preopens: openPreopens(directories),
    listeners,
    modules: [networkModule({ rules: network.map(parseNetworkRule) }), ...(infers ? [infers.module] : [])],
    ...(fuel === undefined ? {} : { fuelMax: fuel * 1e6 }),
  })
}

/** In a thread of its own, which can be ended also where the program computes without a pause. */
function runInThread(
  context: Context,
  module: WebAssembly.Module,
  { args, env, isTerminal, directories, addresses, network, inference }: Grants,
  timeoutSeconds: number,
  fuel: number | undefined,
): Promise<CommandResult> {
  return runCommandInThread(module, {
    args,
    env,
    isTerminal,
    ...stdio(context),
    preopens: directories,
    listeners: addresses.map((data) => ({ url: LISTENER_URL, data })),
    network,
    modules: inference === undefined ? [] : [{ url: INFERENCE_URL, data: inference }],
    wallTimeMsMax: timeoutSeconds * 1000,
    ...(fuel === undefined ? {} : { fuelMax: fuel * 1e6 }),
    onListening: (bound) => {
      for (const address of bound) note(context, `listening on ${address}`)
    },
  })
}

function stdio(context: Context) {
  return {
    stdin: new StreamInput(context.stdin as Readable),
    stdout: new StreamOutput(context.stdout.stream),
    stderr: new StreamOutput(context.stderr.stream),
    signal: context.signal,
  }
}

function tell(context: Context, result: CommandResult, file: string, { timeout, fuel }: WasmRunFlags): void {
  if (result.kind === 'exit') {
    context.process.exitCode = result.code & 0xff
    return
  }
  if (result.kind === 'killed') {
    if (result.reason === 'wall-time')
      throw new CliError('QDR-C020', `the program ran longer than ${timeout} s (--timeout)`)
    if (result.reason === 'fuel')
      throw new CliError('QDR-C020', `the program computed more than ${fuel} million units (--fuel)`)
    return
  }
  const frames = result.frames.map(
    ({ functionName, functionIndex, offset }) =>
      `  at ${printable(functionName ?? `function ${functionIndex}`)} (${file}, byte 0x${offset.toString(16)})`,
  )
  throw new CliError('QDR-C019', [`${file} trapped: ${printable(result.message)}`, ...frames].join('\n'))
}
