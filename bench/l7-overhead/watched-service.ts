import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cgroupRoot } from '@quadrant/ebpf'
import { LineProcess } from '../line-process.ts'
import { cpuSeconds } from '../load/cpu.ts'
import { build, requireTools } from '../toolchain.ts'

/** Where the peers are, what builds them, and what the server and its client are asked for. */
const PEERS = {
  http: {
    folder: 'testprog',
    package: './httpserve',
    url: (address: string) => `http://${address}/orders/12345/items`,
  },
  grpc: { folder: 'http2peer', package: '.', url: (address: string) => address },
} as const

/** What the client counted in a slice, and what both ends took for it. */
export interface LoadSlice {
  readonly requests: number
  readonly wallNs: number
  readonly medianNs: number
  /** Of both ends and what is between them, for one request. */
  readonly cpuUs: number
}

/** Asks for so long on so many connections. */
export type ServiceClient = (milliseconds: number, connections: number) => Promise<LoadSlice>

/** A Go server of HTTP/1 or gRPC in a cgroup of its own, and Go clients that ask as fast as they can. */
export class WatchedService implements AsyncDisposable {
  readonly cgroup: string
  readonly port: number
  readonly #folder: string
  readonly #server: LineProcess
  readonly #clients = new AsyncDisposableStack()
  readonly #startClient: (port: number) => LineProcess
  #direct: ServiceClient | undefined

  private constructor(service: {
    readonly cgroup: string
    readonly port: number
    readonly folder: string
    readonly server: LineProcess
    readonly startClient: (port: number) => LineProcess
  }) {
    this.cgroup = service.cgroup
    this.port = service.port
    this.#folder = service.folder
    this.#server = service.server
    this.#startClient = service.startClient
  }

  static async start(protocol: keyof typeof PEERS = 'http'): Promise<WatchedService> {
    requireTools(['go'])
    const peer = PEERS[protocol]
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-'))
    const program = join(folder, 'peer')
    const source = fileURLToPath(new URL(`../../guest/${peer.folder}`, import.meta.url))
    build('go', ['build', '-o', program, peer.package], source)
    const cgroup = join(cgroupRoot()!, `quadrant-bench-${process.pid}-${protocol}`)
    mkdirSync(cgroup)
    const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
    const server = new LineProcess(['sh', '-c', script, cgroup, program, 'quiet', '127.0.0.1:0'])
    const address = await server.read<string>()
    const service = new WatchedService({
      cgroup,
      port: Number(address.slice(address.lastIndexOf(':') + 1)),
      folder,
      server,
      startClient: (port) => new LineProcess([program, 'load', peer.url(`127.0.0.1:${port}`)]),
    })
    service.#direct = await service.client()
    return service
  }

  /** One that asks the server, or a proxy of it whose CPU is counted as well. */
  async client(proxy?: { readonly port: number; readonly pid: number }): Promise<ServiceClient> {
    const client = this.#clients.use(this.#startClient(proxy?.port ?? this.port))
    await client.read()
    const pids = [this.#server.pid, client.pid, ...(proxy ? [proxy.pid] : [])]
    return async (milliseconds, connections) => {
      const before = cpuSeconds(pids)
      const told = await client.ask<Omit<LoadSlice, 'cpuUs'>>(`${milliseconds} ${connections}`)
      return { ...told, cpuUs: ((cpuSeconds(pids) - before) * 1e6) / told.requests }
    }
  }

  load(milliseconds: number, connections: number): Promise<LoadSlice> {
    return this.#direct!(milliseconds, connections)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#clients.disposeAsync()
    this.#server[Symbol.dispose]()
    rmSync(this.#folder, { recursive: true })
    // The kernel takes a moment to let go of a process that has ended.
    await sleep(500)
    rmdirSync(this.cgroup)
  }
}
