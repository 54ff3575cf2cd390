import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { GuestProgram, guestMissing } from '../../../testing/guest-program.ts'

/** A header list, and how Go encoded it. */
export interface EncodedList {
  readonly hex: string
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly tableBytes?: number
}

/** A request as Go's server saw it; `status` is gRPC's for a call. */
export interface Served {
  readonly request: string
  readonly method: string
  readonly path: string
  readonly authority: string
  readonly requestBytes: number
  readonly responseBytes: number
  readonly status: number
}

/** A request as Go's client saw it; `status` is gRPC's for a call. */
export interface Seen {
  readonly request: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly informational?: readonly number[]
  readonly requestBytes: number
  readonly responseBytes: number
  readonly sampling?: string
  readonly aborted?: boolean
  readonly durationNs: number
}

/** Runs a program on one processor. */
export const PINNED = ['taskset', '-c', '0'] as const

/** Why the peer cannot be built here, or false. */
export const NEEDS_PEER = guestMissing('http2peer')

/** guest/http2peer, built. */
export class Http2Peer extends GuestProgram {
  constructor() {
    super('http2peer')
  }

  /** Random header lists that Go's encoder wrote on one connection. */
  lists(seed: number, count: number): EncodedList[] {
    const made = spawnSync(this.program, ['hpack', String(seed), String(count)], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    })
    if (made.status !== 0) throw new Error(made.stderr)
    return made.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as EncodedList)
  }

  /**
   * Sends so many requests, some at once, over one connection, and gives what the client saw.
   *
   * @param options.atClient makes of a command one that runs it elsewhere
   */
  async drive(
    protocol: 'http' | 'grpc',
    address: string,
    count: number,
    {
      atClient = (command) => command,
      isTls = false,
    }: {
      readonly atClient?: (command: readonly string[]) => readonly string[]
      readonly isTls?: boolean
    } = {},
  ): Promise<Seen[]> {
    const own = [this.program, 'drive', protocol, address, String(count), ...(isTls ? ['tls'] : [])]
    const [command, ...args] = atClient(own)
    const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const seen: Seen[] = []
    for await (const line of createInterface({ input: child.stdout })) seen.push(JSON.parse(line) as Seen)
    return seen
  }

  /** Sends so many requests, a hundred at once and from one processor, of which each `every`-th asks to be captured. */
  async sampled(
    protocol: 'http' | 'grpc',
    address: string,
    { count, every }: { readonly count: number; readonly every: number },
  ): Promise<Sampled> {
    const [command, ...first] = PINNED
    const args = [...first, this.program, 'sampled', protocol, address, String(count), String(every)]
    const { stdout } = await promisify(execFile)(command, args)
    return JSON.parse(stdout) as Sampled
  }
}

/** What `Http2Peer.sampled` has sent. */
export interface Sampled {
  readonly requests: number
  /** `x-request` of those that asked to be captured. */
  readonly asked: readonly string[]
}

/** The peer's servers. */
export class PeerServer implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly served: Served[] = []
  readonly http: string
  readonly grpc: string

  private constructor(child: ChildProcess, addresses: { http: string; grpc: string }) {
    this.#child = child
    this.http = addresses.http
    this.grpc = addresses.grpc
  }

  /** @param options.spawnServer starts a program with its input and output as pipes, e.g. in a cgroup */
  static async start(
    peer: Http2Peer,
    {
      spawnServer = spawnPiped,
      isTls = false,
    }: { readonly spawnServer?: typeof spawnPiped; readonly isTls?: boolean } = {},
  ): Promise<PeerServer> {
    const child = spawnServer(peer.program, ['serve', ...(isTls ? ['127.0.0.1', 'tls'] : [])])
    const lines = createInterface({ input: child.stdout! })
    const [first] = (await once(lines, 'line')) as [string]
    const server = new PeerServer(child, JSON.parse(first) as { http: string; grpc: string })
    lines.on('line', (line) => server.served.push(JSON.parse(line) as Served))
    return server
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Ends it; `served` is complete then. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#child, 'close')
    this.#child.stdin!.end()
    await closed
  }
}

function spawnPiped(command: string, args: readonly string[]): ChildProcess {
  return spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
}
