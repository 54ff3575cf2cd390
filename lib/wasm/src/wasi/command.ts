import { WasmError } from '../error.ts'
import { FdFlag } from './abi.ts'
import { MACHINE, type Surroundings } from './clocks.ts'
import type { Descriptor } from './descriptor.ts'
import { ENGINE } from './engine.ts'
import type { DirectoryHandle } from './fs/file-system.ts'
import type { HostModule } from './host-module.ts'
import { guestImports } from './imports/imports.ts'
import { bytesInput, NOWHERE } from './io/buffers.ts'
import type { ByteInput, ByteOutput, Listener } from './io/byte-stream.ts'
import { GuestProcess, type KillReason } from './process.ts'
import { guestFrames, type GuestFrame } from './trap.ts'
import { TIMER_MS_MAX } from './wait.ts'

/** A directory that the guest starts with. */
export interface Preopen {
  /** Its path in the guest, such as `/config`. */
  readonly path: string
  readonly directory: DirectoryHandle
  readonly isReadOnly?: boolean
}

export interface CommandOptions {
  /** Arguments, the program's own name first. None, if it is not given. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Without one, stdin is at its end. */
  readonly stdin?: ByteInput
  /** Without one, what is written is gone. */
  readonly stdout?: ByteOutput
  readonly stderr?: ByteOutput
  /** Whether stdio is to look like a terminal. */
  readonly isTerminal?: boolean
  /** They have the descriptors from 3 on. They are closed when the guest ends. */
  readonly preopens?: readonly Preopen[]
  /** They have the descriptors behind the directories. They are closed when the guest ends. */
  readonly listeners?: readonly Listener[]
  /** What it may import besides preview 1. */
  readonly modules?: readonly HostModule[]
  /** Clocks and randomness: the machine's, if they are not given. */
  readonly surroundings?: Partial<Surroundings>
  /** Descriptors at once: 1024, if it is not given. */
  readonly descriptorsMax?: number
  /**
   * Milliseconds from start to end. A guest that computes without calling anything is not ended by that, as nothing on
   * its thread runs: use a thread of its own for those that are not trusted.
   */
  readonly wallTimeMsMax?: number
  /** Milliseconds that the guest may run before the event loop has its turn, at the next call: 5, if it is not given. */
  readonly turnMs?: number
  /** Ends the guest at its next call, or where it waits. */
  readonly signal?: AbortSignal
}

/** How a guest ended. */
export type CommandResult =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'trap'; readonly message: string; readonly frames: readonly GuestFrame[] }
  | { readonly kind: 'killed'; readonly reason: KillReason }

const ARGUMENT_BYTES_MAX = 1 << 20

/**
 * Runs a command of WASI preview 1: calls its `_start`, and ends when that has ended and its output is handed on.
 *
 * @throws {WasmError} `link` where the module is no such command; `option` for arguments with a NUL, or too many
 */
export async function runCommand(
  module: WebAssembly.Module,
  options: CommandOptions = {},
): Promise<CommandResult> {
  const guest = processOf(options)
  const timer =
    options.wallTimeMsMax === undefined
      ? undefined
      : setTimeout(() => guest.kill('wall-time'), options.wallTimeMsMax)
  // A process that waits for nothing but its guest has to stay.
  const staying = setInterval(() => {}, TIMER_MS_MAX)
  const abort = () => guest.kill('aborted')
  options.signal?.addEventListener('abort', abort)
  if (options.signal?.aborted) abort()
  try {
    const start = await instantiate(module, guest, options.modules ?? [])
    return await ended(guest, start)
  } finally {
    clearTimeout(timer)
    clearInterval(staying)
    options.signal?.removeEventListener('abort', abort)
    guest.descriptors.closeAll()
    guest.owned.dispose()
    if (guest.ending?.kind !== 'killed') await Promise.all([options.stdout?.flush(), options.stderr?.flush()])
  }
}

async function ended(guest: GuestProcess, start: () => Promise<void>): Promise<CommandResult> {
  try {
    // Instantiating took some milliseconds by itself.
    await guest.yieldTurn()
    await start()
    return guest.ending ?? { kind: 'exit', code: 0 }
  } catch (error) {
    if (guest.ending !== undefined) return guest.ending
    return {
      kind: 'trap',
      message: error instanceof Error ? error.message : 'the guest threw an exception',
      frames: guestFrames(error),
    }
  }
}

function processOf(options: CommandOptions): GuestProcess {
  const { descriptorsMax = 1024 } = options
  const args = encode(options.args ?? [])
  const env = encode(Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`))
  const guest = new GuestProcess({
    args,
    env,
    surroundings: { ...MACHINE, ...options.surroundings },
    descriptorsMax,
    turnMs: options.turnMs ?? 5,
  })
  const descriptors = initialDescriptors(options)
  if (descriptors.length > descriptorsMax)
    throw new WasmError(
      'option',
      `it starts with ${descriptors.length} descriptors; ${descriptorsMax} are allowed`,
    )
  for (const descriptor of descriptors) guest.descriptors.add(descriptor)
  return guest
}

function encode(texts: readonly string[]): readonly Uint8Array[] {
  const encoded = texts.map((text) => Buffer.from(text))
  if (encoded.some((bytes) => bytes.includes(0)))
    throw new WasmError('option', 'an argument or variable has a NUL')
  if (encoded.reduce((sum, bytes) => sum + bytes.length + 5, 0) > ARGUMENT_BYTES_MAX)
    throw new WasmError('option', `arguments or environment have more than ${ARGUMENT_BYTES_MAX} bytes`)
  return encoded
}

function initialDescriptors(options: CommandOptions): readonly Descriptor[] {
  const { stdin, stdout, stderr, isTerminal = false } = options
  return [
    { kind: 'stream', input: stdin ?? bytesInput(''), isTerminal, flags: 0 },
    { kind: 'stream', output: stdout ?? NOWHERE, isTerminal, flags: 0 },
    { kind: 'stream', output: stderr ?? NOWHERE, isTerminal, flags: 0 },
    ...(options.preopens ?? []).map(({ path, directory, isReadOnly = false }) => ({
      kind: 'directory' as const,
      handle: directory,
      isReadOnly,
      preopenPath: path,
      flags: 0,
    })),
    ...(options.listeners ?? []).map((listener) => ({
      kind: 'listener' as const,
      listener,
      // As wasmtime: Go has a goroutine wait only where this is set, and a call that blocks would hold up all of them.
      flags: FdFlag.NONBLOCK,
    })),
  ]
}

/** Links and instantiates; returns what runs it. */
async function instantiate(
  module: WebAssembly.Module,
  guest: GuestProcess,
  modules: readonly HostModule[],
): Promise<() => Promise<void>> {
  const calls = new Map(
    Object.entries(guestImports(guest, modules)).map(([name, each]) => [name, new Map(Object.entries(each))]),
  )
  const unknown = ENGINE.Module.imports(module).filter(
    ({ module, name, kind }) => kind !== 'function' || calls.get(module)?.has(name) !== true,
  )
  if (unknown.length > 0) {
    const named = unknown.slice(0, 5).map(({ module, name }) => `${module}.${name}`)
    const more = unknown.length > named.length ? `, and ${unknown.length - named.length} more` : ''
    throw new WasmError('link', `it imports what it is not given: ${named.join(', ')}${more}`)
  }
  const exported = new Map(ENGINE.Module.exports(module).map(({ name, kind }) => [name, kind]))
  if (exported.get('_start') !== 'function')
    throw new WasmError('link', 'it exports no function _start: it is a library, no command')
  if (exported.get('memory') !== 'memory') throw new WasmError('link', 'it exports no memory')
  const imports = Object.fromEntries(
    calls
      .entries()
      .map(([name, each]) => [
        name,
        Object.fromEntries(each.entries().map(([call, does]) => [call, new ENGINE.Suspending(does)])),
      ]),
  )
  try {
    const instance = await ENGINE.instantiate(module, imports)
    guest.useMemory(instance.exports['memory'] as WebAssembly.Memory)
    return ENGINE.promising(instance.exports['_start'])
  } catch (error) {
    throw WasmError.from(error, 'link')
  }
}
