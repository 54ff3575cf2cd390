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
  /** Of both ends, for one request. */
  readonly cpuUs: number
}

/** A Go server of HTTP/1 or gRPC in a cgroup of its own, and a Go client that asks as fast as it can. */
export class WatchedService implements AsyncDisposable {
  readonly cgroup: string
  readonly #folder: string
  readonly #server: LineProcess
  readonly #client: LineProcess

  private constructor(cgroup: string, folder: string, server: LineProcess, client: LineProcess) {
    this.cgroup = cgroup
    this.#folder = folder
    this.#server = server
    this.#client = client
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
    const client = new LineProcess([program, 'load', peer.url(address)])
    await client.read()
    return new WatchedService(cgroup, folder, server, client)
  }

  async load(milliseconds: number, connections: number): Promise<LoadSlice> {
    const pids = [this.#server.pid, this.#client.pid]
    const before = cpuSeconds(pids)
    const told = await this.#client.ask<Omit<LoadSlice, 'cpuUs'>>(`${milliseconds} ${connections}`)
    return { ...told, cpuUs: ((cpuSeconds(pids) - before) * 1e6) / told.requests }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]()
    this.#server[Symbol.dispose]()
    rmSync(this.#folder, { recursive: true })
    // The kernel takes a moment to let go of a process that has ended.
    await sleep(500)
    rmdirSync(this.cgroup)
  }
}
