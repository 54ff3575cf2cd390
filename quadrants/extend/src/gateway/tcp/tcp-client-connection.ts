import { CloseType, HeaderMap } from '@quadrant/wasm/proxy-wasm'
import type { ConnectionChain, ConnectionSink } from '../../filters/stream/connection-chain.ts'
import type { TcpSpec } from '../config/tcp-spec.ts'
import { ExchangeRecord } from '../exchange/exchange-record.ts'
import type { ExchangeSettings } from '../exchange/exchange-settings.ts'
import type { ClientConnection, ClientConnectionOwner } from '../server/client-connection.ts'
import { connectionInfo } from '../server/connection-info.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { Connection, ConnectionHandler } from '../transport/transport.ts'
import { Lingering } from './lingering.ts'
import { TcpFailure } from './tcp-failure.ts'
import { TcpUpstream, type TcpUpstreamHandler } from './tcp-upstream.ts'

/** Why nothing is read from one of both ends. */
const Hold = {
  /** There is nobody yet to write it to. */
  connecting: 1,
  /** The other end does not take it fast enough. */
  writing: 2,
  /** Filters hold too much of it. */
  filters: 4,
} as const
type Hold = (typeof Hold)[keyof typeof Hold]

const IDLE = 0
const AGE = 1
const NOTHING = Buffer.alloc(0)

/**
 * A client's connection of bytes, and that to the upstream which belongs to it, with filters in between. Each end waits
 * for the other: what lies here is what filters hold and what the kernel does not take at once. Either end may say that it
 * writes no more while the other goes on.
 */
export class TcpClientConnection
  implements ClientConnection, ConnectionHandler, ConnectionSink, TcpUpstreamHandler, DeadlineOwner
{
  readonly #owner: ClientConnectionOwner
  readonly #settings: ExchangeSettings
  readonly #spec: TcpSpec
  readonly #client: Connection
  readonly #record: ExchangeRecord
  readonly #upstream: TcpUpstream
  readonly #chain: ConnectionChain | undefined
  readonly #idle = new Deadline(this, IDLE)
  readonly #age = new Deadline(this, AGE)
  #activeMs: number
  #clientHold = 0
  #upstreamHold = 0
  /** What has come to its end by itself, from the client and from the upstream. */
  #hasClientEnded = false
  #hasUpstreamEnded = false
  /** What has been told to the upstream that no more comes. */
  #isUpstreamTold = false
  #isLastEndLocal = false
  #isOver = false

  constructor(owner: ClientConnectionOwner, connection: Connection, spec: TcpSpec) {
    const { settings } = owner
    const { thread, listener } = settings
    this.#owner = owner
    this.#settings = settings
    this.#spec = spec
    this.#client = connection
    this.#record = new ExchangeRecord(
      connectionInfo(connection),
      '',
      listener.name,
      new HeaderMap(),
      thread.nowMs(),
    )
    this.#activeMs = thread.wheel.nowMs
    this.#upstream = new TcpUpstream(settings, spec, this.#record, connection.remoteAddress, this)
    this.#chain = settings.connectionFilters?.open(this, this.#record)
  }

  begin(): void {
    const { thread, listener } = this.#settings
    this.#client.setHandler(this)
    this.#holdClient(Hold.connecting, true)
    thread.wheel.set(this.#idle, this.#spec.idleMs)
    thread.wheel.set(this.#age, listener.timeouts.connectionMs)
    if (this.#chain === undefined) this.connect()
    else this.#chain.begin()
  }

  /** Bytes have no end but their own: it goes on until then, or until `close`. */
  drain(): void {}

  close(): void {
    this.#end(CloseType.LOCAL, TcpFailure.closed, 'close')
    this.#client.close()
  }

  // Of the client.

  onConnect(): void {}

  onData(bytes: Buffer): void {
    if (this.#isOver) return
    this.#active()
    this.#record.requestBodyBytes += bytes.length
    this.#settings.stats.bytesReceived += bytes.length
    if (this.#chain === undefined) this.toUpstream(bytes, false)
    else this.#chain.downstreamData(bytes, false)
  }

  onEnd(): void {
    if (this.#isOver) return
    this.#active()
    this.#hasClientEnded = true
    this.#isLastEndLocal = false
    if (this.#chain === undefined) this.toUpstream(NOTHING, true)
    else this.#chain.downstreamData(NOTHING, true)
  }

  onWritable(): void {
    this.#active()
    this.#holdUpstream(Hold.writing, false)
  }

  onClose(reason: string | undefined): void {
    // In good order where both ends have said that they write no more.
    const isOrderly = reason === undefined && this.#hasClientEnded && this.#hasUpstreamEnded
    const by = isOrderly && this.#isLastEndLocal ? CloseType.LOCAL : CloseType.REMOTE
    const failure = this.#upstream.isConnected ? TcpFailure.clientReset : TcpFailure.clientGone
    this.#end(by, isOrderly ? undefined : failure, 'closed')
    this.#owner.onClientConnectionClose(this)
  }

  // Of the filters.

  connect(): void {
    if (!this.#isOver) this.#upstream.open()
  }

  toUpstream(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isOver) return
    if (bytes.length > 0 && !this.#upstream.write(bytes)) this.#holdClient(Hold.writing, true)
    if (!isEnd) return
    this.#isUpstreamTold = true
    this.#upstream.end()
  }

  toClient(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isOver) return
    this.#record.responseBodyBytes += bytes.length
    this.#settings.stats.bytesSent += bytes.length
    if (bytes.length > 0 && !this.#client.write(bytes)) this.#holdUpstream(Hold.writing, true)
    if (isEnd) this.#client.end()
  }

  finish(): void {
    this.#end(CloseType.LOCAL, TcpFailure.filter, 'flush')
  }

  holdDownstream(isHeld: boolean): void {
    this.#holdClient(Hold.filters, isHeld)
  }

  holdUpstream(isHeld: boolean): void {
    this.#holdUpstream(Hold.filters, isHeld)
  }

  // Of the upstream.

  onUpstreamConnect(): void {
    this.#active()
    this.#holdClient(Hold.connecting, false)
  }

  onNoUpstream(failure: TcpFailure): void {
    this.#settings.stats.connectionsRefused++
    this.#end(CloseType.LOCAL, failure, 'flush')
  }

  onUpstreamData(bytes: Buffer): void {
    this.#active()
    if (this.#chain === undefined) this.toClient(bytes, false)
    else this.#chain.upstreamData(bytes, false)
  }

  onUpstreamEnd(): void {
    this.#active()
    this.#hasUpstreamEnded = true
    this.#isLastEndLocal = true
    if (this.#chain === undefined) this.toClient(NOTHING, true)
    else this.#chain.upstreamData(NOTHING, true)
  }

  onUpstreamWritable(): void {
    this.#active()
    this.#holdClient(Hold.writing, false)
  }

  onUpstreamClose(reason: string | undefined): void {
    // In good order: the client has all of it, or is about to read it.
    if (reason === undefined && this.#hasUpstreamEnded && this.#isUpstreamTold) return
    this.#end(CloseType.LOCAL, TcpFailure.upstreamReset, 'flush')
  }

  onDeadline(kind: number): void {
    const { thread, stats } = this.#settings
    if (kind === AGE) {
      this.#end(CloseType.LOCAL, TcpFailure.tooOld, 'flush')
      return
    }
    const restMs = this.#spec.idleMs - (thread.wheel.nowMs - this.#activeMs)
    if (restMs > 0) {
      thread.wheel.set(this.#idle, restMs)
      return
    }
    stats.idleTimeouts++
    this.#end(CloseType.LOCAL, TcpFailure.idle, 'close')
  }

  #active(): void {
    this.#activeMs = this.#settings.thread.wheel.nowMs
  }

  #holdClient(reason: Hold, isHeld: boolean): void {
    const before = this.#clientHold
    this.#clientHold = isHeld ? before | reason : before & ~reason
    if (this.#isOver || (before === 0) === (this.#clientHold === 0)) return
    if (isHeld) this.#client.pause()
    else this.#client.resume()
  }

  #holdUpstream(reason: Hold, isHeld: boolean): void {
    const before = this.#upstreamHold
    this.#upstreamHold = isHeld ? before | reason : before & ~reason
    if (this.#isOver || (before === 0) === (this.#upstreamHold === 0)) return
    if (isHeld) this.#upstream.pause()
    else this.#upstream.resume()
  }

  /** It is over, whatever becomes of the bytes that are on their way. @param client what becomes of its socket */
  #end(by: CloseType, failure: TcpFailure | undefined, client: 'flush' | 'close' | 'closed'): void {
    if (this.#isOver) return
    this.#isOver = true
    const { thread, log } = this.#settings
    const record = this.#record
    thread.wheel.clear(this.#idle)
    thread.wheel.clear(this.#age)
    // What a client has sent before it went still gets there; what it has not, or may not, does not.
    this.#upstream.leave(client === 'closed')
    if (failure !== undefined) {
      record.responseFlags |= failure.flags
      record.responseDetails = failure.details
    }
    record.responseEndMs = thread.nowMs() - record.beginMs
    this.#chain?.end(by)
    log?.(record)
    if (client === 'flush')
      void new Lingering(this.#client, thread.wheel, () => this.#owner.onClientConnectionClose(this))
    else if (client === 'close') this.#client.close()
  }
}
