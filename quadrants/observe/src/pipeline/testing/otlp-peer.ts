import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { GuestProgram, guestMissing } from '../../testing/guest-program.ts'

/** One request as the peer understood it. */
export interface ReceivedRequest {
  readonly signal: 'metrics' | 'traces'
  readonly transport: 'grpc' | 'http'
  readonly compression: string
  readonly header: string
  readonly items: number
  readonly request: unknown
}

export interface SendOrder {
  readonly signal: 'metrics' | 'traces'
  readonly items: number
  readonly gzip?: boolean
  readonly json?: boolean
}

export interface SendAnswer {
  readonly ok: boolean
  readonly status: string
  readonly retryAfterMs: number
}

/** Why the peer cannot be built here, or false. */
export const NEEDS_PEER = guestMissing('otlppeer')

/** guest/otlppeer, built. */
export class OtlpPeer extends GuestProgram {
  constructor() {
    super('otlppeer')
  }

  /** Prometheus text as the official parser takes it. @throws {Error} with what it says */
  parse(text: string): Record<string, unknown> {
    const parsed = spawnSync(this.program, ['parse'], { input: text, encoding: 'utf8' })
    if (parsed.status !== 0) throw new Error(`${parsed.stderr}\n${text}`)
    return JSON.parse(parsed.stdout) as Record<string, unknown>
  }

  /** Sends each order to one of our receivers and gives the answers. */
  async send(
    transport: 'grpc' | 'http',
    address: string,
    orders: readonly SendOrder[],
  ): Promise<SendAnswer[]> {
    const child = spawn(this.program, ['send', transport, address], { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.end(orders.map((order) => `${JSON.stringify(order)}\n`).join(''))
    const answers: SendAnswer[] = []
    for await (const line of createInterface({ input: child.stdout }))
      answers.push(JSON.parse(line) as SendAnswer)
    return answers
  }
}

/** The peer's servers. */
export class PeerReceiver implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly requests: ReceivedRequest[] = []
  readonly grpc: string
  readonly http: string
  #arrived = Promise.withResolvers<void>()

  private constructor(child: ChildProcess, addresses: { grpc: string; http: string }) {
    this.#child = child
    this.grpc = addresses.grpc
    this.http = addresses.http
  }

  static async start(peer: OtlpPeer): Promise<PeerReceiver> {
    const child = spawn(peer.program, ['receive'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })
    const [first] = (await once(lines, 'line')) as [string]
    const receiver = new PeerReceiver(child, JSON.parse(first) as { grpc: string; http: string })
    lines.on('line', (line) => {
      receiver.requests.push(JSON.parse(line) as ReceivedRequest)
      receiver.#arrived.resolve()
      receiver.#arrived = Promise.withResolvers()
    })
    return receiver
  }

  /** Waits until it has so many items in all. */
  async items(count: number): Promise<void> {
    while (this.requests.reduce((sum, { items }) => sum + items, 0) < count) await this.#arrived.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.stdin!.end()
    await exited
  }
}
