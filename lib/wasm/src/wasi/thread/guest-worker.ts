// The thread of guests, one after the other, so that each can be ended whatever it does, and holds up nobody else.
import type { Server } from 'node:net'
import { parentPort } from 'node:worker_threads'
import { WasmError } from '../../error.ts'
import { runCommand } from '../command.ts'
import type { CommandResult } from '../command-options.ts'
import { openPreopens } from '../fs/open-preopens.ts'
import type { HostModule } from '../host-module.ts'
import { SocketListener } from '../io/socket.ts'
import { networkModule } from '../net/network-module.ts'
import { parseNetworkRule } from '../net/network-rule.ts'
import { PortInput, PortOutput } from './port-stream.ts'
import type { FromThread, ToThread } from './thread-message.ts'
import type { ThreadGrants, ThreadModule } from './thread-options.ts'

const port = parentPort!
const post = (message: FromThread, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)

/** What the other thread has with the guest that runs. */
class Guest {
  readonly stdin = new PortInput(post)
  readonly outputs = { 1: new PortOutput(1, post), 2: new PortOutput(2, post) } as const
  readonly kill = new AbortController()
}

let guest: Guest | undefined

port.on('message', (message: ToThread) => {
  if (message.kind === 'run') {
    guest = new Guest()
    void run(guest, message)
  } else if (message.kind === 'input') guest?.stdin.receive(message.bytes, message.errno)
  else if (message.kind === 'written') guest?.outputs[message.fd].written(message.byteCount, message.errno)
  else if (message.kind === 'kill') guest?.kill.abort()
  // What connections still have to hand on is handed on; then nothing keeps this thread.
  else port.close()
})

async function run(guest: Guest, order: Extract<ToThread, { kind: 'run' }>): Promise<void> {
  try {
    post({ kind: 'ended', result: await resultOf(guest, order) })
  } catch (error) {
    const code = error instanceof WasmError ? error.code : undefined
    post({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) })
  }
}

async function resultOf(
  { stdin, outputs, kill }: Guest,
  { module, grants, hasInput }: Extract<ToThread, { kind: 'run' }>,
): Promise<CommandResult> {
  const modules = await modulesOf(grants)
  const listeners = await listenAll(grants.listeners ?? [])
  const preopens = openPreopens(grants.preopens ?? [])
  post({ kind: 'running', addresses: listeners.map(({ local }) => local ?? '') })
  return runCommand(module, {
    ...grants,
    ...(hasInput ? { stdin } : {}),
    stdout: outputs[1],
    stderr: outputs[2],
    preopens,
    listeners,
    modules,
    signal: kill.signal,
  })
}

/** @throws {WasmError} `grant` */
async function modulesOf({ network = [], modules = [] }: ThreadGrants): Promise<readonly HostModule[]> {
  const net = networkModule({ rules: network.map(parseNetworkRule) })
  try {
    return [net, ...(await Promise.all(modules.map((one) => make<HostModule>(one))))]
  } catch (error) {
    throw WasmError.from(error, 'grant')
  }
}

/** All or none. @throws {WasmError} `listen` */
async function listenAll(places: readonly ThreadModule[]): Promise<readonly SocketListener[]> {
  const listeners: SocketListener[] = []
  try {
    for (const place of places) listeners.push(new SocketListener(await make<Server>(place)))
    return listeners
  } catch (error) {
    for (const listener of listeners) listener.close()
    throw WasmError.from(error, 'listen')
  }
}

async function make<T>({ url, data }: ThreadModule): Promise<T> {
  const { default: made } = (await import(url)) as { default: (data: unknown) => T | Promise<T> }
  return made(data)
}
