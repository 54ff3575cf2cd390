// The thread of one guest, so that it can be ended whatever it does, and holds up nobody else.
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { WasmError } from '../../error.ts'
import { runCommand } from '../command.ts'
import { hostDirectory } from '../fs/host-directory.ts'
import type { HostModule } from '../host-module.ts'
import { SocketListener } from '../io/socket.ts'
import { networkModule } from '../net/network-module.ts'
import { parseNetworkRule } from '../net/network-rule.ts'
import { PortInput, PortOutput } from './port-stream.ts'
import type { FromThread, ThreadData, ToThread } from './thread-message.ts'
import type { ThreadListener, ThreadModule } from './thread-options.ts'

const port = parentPort!
const { module, grants, hasInput } = workerData as ThreadData

const post = (message: FromThread, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)
const stdin = new PortInput(post)
const outputs = { 1: new PortOutput(1, post), 2: new PortOutput(2, post) } as const
const kill = new AbortController()

port.on('message', (message: ToThread) => {
  if (message.kind === 'input') stdin.receive(message.bytes, message.errno)
  else if (message.kind === 'written') outputs[message.fd].written(message.byteCount, message.errno)
  else kill.abort()
})

try {
  const listeners = await Promise.all((grants.listeners ?? []).map(listen))
  const modules = [
    networkModule({ rules: (grants.network ?? []).map(parseNetworkRule) }),
    ...(await Promise.all((grants.modules ?? []).map(makeModule))),
  ]
  const preopens = (grants.preopens ?? []).map(({ path, hostPath, isReadOnly = false }) => ({
    path,
    directory: hostDirectory(hostPath),
    isReadOnly,
  }))
  post({ kind: 'running', addresses: listeners.map(({ local }) => local ?? '') })
  const result = await runCommand(module, {
    ...grants,
    ...(hasInput ? { stdin } : {}),
    stdout: outputs[1],
    stderr: outputs[2],
    preopens,
    listeners,
    modules,
    signal: kill.signal,
  })
  post({ kind: 'ended', result })
} catch (error) {
  const code = error instanceof WasmError ? error.code : undefined
  post({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) })
} finally {
  // What connections still have to hand on is handed on; then nothing keeps this thread.
  port.close()
}

async function listen(where: ThreadListener): Promise<SocketListener> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  const name = 'fd' in where ? `descriptor ${where.fd}` : `${where.host}:${where.port}`
  try {
    server.listen(where)
    await once(server, 'listening')
  } catch (cause) {
    throw new WasmError('listen', `cannot listen on ${name}: ${(cause as Error).message}`, { cause })
  }
  return new SocketListener(server satisfies Server)
}

async function makeModule({ url, data }: ThreadModule): Promise<HostModule> {
  const { default: make } = (await import(url)) as { default: (data: unknown) => HostModule }
  return make(data)
}
