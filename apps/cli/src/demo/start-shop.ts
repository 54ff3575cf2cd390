import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ServerUser } from '../up/server-user.ts'
import { freeAddresses, SERVICES, type ServiceName, type ShopAddresses } from './addresses.ts'

export interface ShopOptions {
  /** Whom the services become, where we are root: a demonstration needs no rights. */
  readonly user: ServerUser | undefined
  readonly onProblem: (text: string) => void
}

/** Small heaps: a shop of nine processes should not cost what one database does. */
const NODE_FLAGS = ['--max-old-space-size=48', '--max-semi-space-size=1', '--single-threaded-gc']
const STOP_MS_MAX = 2000

/**
 * A small shop of services, each a process of its own, talking over loopback: HTTP with kept and with fresh
 * connections, a line protocol over TCP, a UDP service, IPv4 and IPv6, refused connects and resets.
 *
 *     shoppers ─▶ storefront ─▶ catalog ─▶ cache
 *                     ├───────▶ cart ────▶ cache
 *                     ├───────▶ payments ─▶ ledger
 *                     ├───────▶ recommendations   (away now and then: refused, reset)
 *                     └─udp───▶ names
 */
export function startShop(options: ShopOptions): AsyncDisposable {
  const children: ChildProcess[] = []
  let stopping = false
  const started = freeAddresses().then((addresses) => {
    if (stopping) return
    for (const name of SERVICES) children.push(startService(name, addresses, options, () => stopping))
  })
  started.catch((error: unknown) => options.onProblem(`the demo does not start: ${String(error)}`))
  return {
    async [Symbol.asyncDispose]() {
      stopping = true
      await started.catch(() => {})
      await Promise.all(children.map(stopService))
    },
  }
}

function startService(
  name: ServiceName,
  addresses: ShopAddresses,
  { user, onProblem }: ShopOptions,
  isStopping: () => boolean,
): ChildProcess {
  const script = fileURLToPath(new URL(`./service/${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, [...NODE_FLAGS, script], {
    // They end by the end of their stdin: also when we are killed.
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
    env: {
      ...process.env,
      QUADRANT_SHOP: JSON.stringify({ addresses, user }),
    },
  })
  child.stdin?.on('error', () => {})
  let log = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-1000)))
  child.on('error', (error) => onProblem(`demo service ${name}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (!isStopping()) onProblem(`demo service ${name} ended with ${signal ?? code}: ${log.trim()}`)
  })
  return child
}

async function stopService(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
  await exited
  clearTimeout(killer)
}
