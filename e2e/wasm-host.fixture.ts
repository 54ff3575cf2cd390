// A host of one guest that watches how long its own event loop was held up.
//
//   node wasm-host.fixture.ts here|thread PROGRAM [RULE [ARGUMENT...]]
//
// Prints the address where the guest listens, as a line; when it has ended, what was measured, as JSON.
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'
import {
  CollectedOutput,
  compileCommand,
  networkModule,
  parseNetworkRule,
  runCommand,
  runCommandInThread,
  SocketListener,
} from '@quadrant/wasm'

/** What `runCommandInThread` makes in the guest's thread. */
export default async function openListener(): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

if (isMainThread) {
  const [where, program = '', rule, ...args] = process.argv.slice(2)
  const module = await compileCommand(await readFile(program))
  const stdout = new CollectedOutput()
  const options = {
    args: ['netprog', ...args],
    env: { LISTEN_FDS: '1', LISTEN_FDS_START: '3', ROOTS: process.env['ROOTS'] ?? '' },
    stdout,
  }
  const network = rule === undefined ? [] : [rule]
  const tell = (address: string | undefined) => process.stdout.write(`${address}\n`)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const held = watchHeld()
  delay.enable()
  let result
  if (where === 'thread') {
    const onListening = ([address]: readonly string[]) => tell(address)
    const listeners = [{ url: import.meta.url }]
    result = await runCommandInThread(module, { ...options, network, listeners, onListening })
  } else {
    const listener = new SocketListener(await openListener())
    tell(listener.local)
    const modules = [networkModule({ rules: network.map(parseNetworkRule) })]
    result = await runCommand(module, { ...options, modules, listeners: [listener] })
  }
  delay.disable()
  const measured = {
    result,
    stdout: stdout.text,
    delayMsMax: delay.max / 1e6,
    delayMsP99: delay.percentile(99) / 1e6,
    heldMsMax: held(),
  }
  process.stdout.write(`${JSON.stringify(measured)}\n`)
}

/**
 * The most processor time that this thread had between two rounds of its event loop: how long it was held up by its own
 * work, where others take the processor away from it meanwhile.
 */
function watchHeld(): () => number {
  const spent = () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  let last = spent()
  let most = 0
  const timer = setInterval(() => {
    const now = spent()
    most = Math.max(most, now - last)
    last = now
  }, 1)
  return () => {
    clearInterval(timer)
    return most
  }
}
