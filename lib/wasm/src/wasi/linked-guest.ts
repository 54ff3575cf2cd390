import { WasmError } from '../error.ts'
import { FdFlag } from './abi.ts'
import { MACHINE } from './clocks.ts'
import type { CommandEnding, CommandOptions } from './command-options.ts'
import type { Descriptor } from './descriptor.ts'
import { ENGINE } from './engine.ts'
import { FuelMeter } from './fuel.ts'
import type { Gate } from './gate.ts'
import type { HostModule } from './host-module.ts'
import { guestImports } from './imports/imports.ts'
import { bytesInput, NOWHERE } from './io/buffers.ts'
import { GuestProcess } from './process.ts'
import { guestFrames } from './trap.ts'

const ARGUMENT_BYTES_MAX = 1 << 20

/** A guest with its instance, before anything of it has run. */
export interface LinkedGuest {
  readonly guest: GuestProcess
  /** Undefined where the module is not metered. */
  readonly meter: FuelMeter | undefined
  /** Runs it to its end. */
  run(): Promise<CommandEnding>
}

/** @throws {WasmError} `link` or `option` */
export async function linkGuest(
  guest: GuestProcess,
  module: WebAssembly.Module,
  { modules = [], fuelMax = Infinity }: CommandOptions,
): Promise<LinkedGuest> {
  const instance = await instantiate(module, guest, modules)
  const meter = await FuelMeter.attach(instance, guest, fuelMax)
  const start = ENGINE.promising(instance.exports['_start'])
  return { guest, meter, run: () => ended(guest, start) }
}

/** Gives back all that a guest had. */
export function releaseGuest(guest: GuestProcess): void {
  guest.descriptors.closeAll()
  guest.owned.dispose()
}

async function ended(guest: GuestProcess, start: () => Promise<void>): Promise<CommandEnding> {
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

/**
 * A guest with what it starts with, which is its own from here on, also where it comes to nothing.
 *
 * @param gate where the guest waits with all that others could see, if it is begun before it is needed
 * @throws {WasmError} `option`
 */
export function makeGuest(options: CommandOptions, gate?: Gate): GuestProcess {
  try {
    return guestOf(options, gate)
  } catch (error) {
    for (const { directory } of options.preopens ?? []) directory.close()
    for (const listener of options.listeners ?? []) listener.close()
    throw error
  }
}

function guestOf(options: CommandOptions, gate: Gate | undefined): GuestProcess {
  const { descriptorsMax = 1024 } = options
  const args = encode(options.args ?? [])
  const env = encode(Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`))
  const guest = new GuestProcess({
    args,
    env,
    surroundings: { ...MACHINE, ...options.surroundings },
    descriptorsMax,
    turnMs: options.turnMs ?? 5,
    ...(gate === undefined ? {} : { gate }),
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
  return [
    ...stdio(options),
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

/** Descriptors 0, 1 and 2. */
export function stdio({ stdin, stdout, stderr, isTerminal = false }: CommandOptions): readonly Descriptor[] {
  return [
    { kind: 'stream', input: stdin ?? bytesInput(''), isTerminal, flags: 0 },
    { kind: 'stream', output: stdout ?? NOWHERE, isTerminal, flags: 0 },
    { kind: 'stream', output: stderr ?? NOWHERE, isTerminal, flags: 0 },
  ]
}

/** Links and instantiates. */
async function instantiate(
  module: WebAssembly.Module,
  guest: GuestProcess,
  modules: readonly HostModule[],
): Promise<WebAssembly.Instance> {
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
    const memory = instance.exports['memory'] as WebAssembly.Memory
    if (!(memory.buffer instanceof ArrayBuffer))
      throw new WasmError('link', 'threads share its memory, which preview 1 does not have')
    guest.useMemory(memory)
    return instance
  } catch (error) {
    throw WasmError.from(error, 'link')
  }
}
