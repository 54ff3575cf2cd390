import {
  constants,
  performServerHandshake,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { ConnectionInfo } from '../../filters/stream/stream-info.ts'
import type { ExchangeSettings } from '../exchange/exchange-settings.ts'
import { FloodGuard } from '../http2/flood-guard.ts'
import type { RawFields } from '../http2/raw-fields.ts'
import { Deadline, type DeadlineOwner } from '../time/deadline-wheel.ts'
import type { Connection, ConnectionHandler } from '../transport/transport.ts'
import type { ClientConnection, ClientConnectionOwner } from './client-connection.ts'
import { connectionInfo } from './connection-info.ts'
import { Http2ClientStream } from './http2-client-stream.ts'

/** Of the whole connection, so that one stream does not have all of it. */
const CONNECTION_WINDOW_BYTES = 1 << 20
/** Of a stream: what a client may send before somebody has read it. */
const STREAM_WINDOW_BYTES_MAX = 256 << 10
/** Of what node:http2 keeps for one connection: heads, and frames that are not sent yet. */
const SESSION_MEGABYTES_MAX = 10
/** A client says and asks that a few times. A flood of it costs an answer each. */
const SETTINGS_PER_MINUTE_MAX = 60
const PINGS_PER_MINUTE_MAX = 120
const SECONDS_PER_MINUTE = 60
/** Between saying that no more streams should come and refusing them: what is on its way meanwhile is still served. */
const GOAWAY_GRACE_MS = 500
const STREAM_ID_MAX = 2 ** 31 - 1

/** A client's connection of HTTP/2. node:http2 reads and writes; this counts, limits and gives each stream an exchange. */
export class Http2ClientConnection implements ClientConnection, ConnectionHandler, DeadlineOwner {
  readonly info: ConnectionInfo
  readonly #owner: ClientConnectionOwner
  readonly #socket: Connection
  readonly #session: ServerHttp2Session
  readonly #deadline: Deadline
  readonly #bornMs: number
  readonly #resets: FloodGuard
  readonly #settingsSeen: FloodGuard
  readonly #pings: FloodGuard
  #streamCount = 0
  #requestCount = 0
  #idleSinceMs: number
  #isDraining = false
  #isFinal = false
  #isFlooded = false
  #isClosed = false

  constructor(owner: ClientConnectionOwner, socket: Connection, read: Buffer | undefined) {
    this.#owner = owner
    this.#socket = socket
    this.info = connectionInfo(socket)
    const { thread, listener } = owner.settings
    const { limits } = listener
    const nowMs = thread.nowMs()
    this.#bornMs = thread.wheel.nowMs
    this.#idleSinceMs = this.#bornMs
    this.#resets = new FloodGuard(limits.resetsPerMinuteMax, nowMs)
    this.#settingsSeen = new FloodGuard(SETTINGS_PER_MINUTE_MAX, nowMs)
    this.#pings = new FloodGuard(PINGS_PER_MINUTE_MAX, nowMs)
    this.#deadline = new Deadline(this)
    socket.setHandler(this)
    const session = performServerHandshake(socket.detach(read), {
      maxSessionMemory: SESSION_MEGABYTES_MAX,
      // What comes all at once: nghttp2 sees it before we do, and says INTERNAL_ERROR, so ours is the lower limit.
      streamResetBurst: 2 * limits.resetsPerMinuteMax,
      streamResetRate: Math.max(1, Math.floor(limits.resetsPerMinuteMax / SECONDS_PER_MINUTE)),
      maxHeaderListPairs: limits.headFieldsMax + PSEUDO_COUNT,
      settings: {
        enablePush: false,
        maxConcurrentStreams: limits.streamsPerConnectionMax,
        maxHeaderListSize: limits.headBytesMax,
        initialWindowSize: Math.min(limits.bufferBytesMax, STREAM_WINDOW_BYTES_MAX),
      },
    })
    this.#session = session
    // A client may have gone by now.
    if (!session.destroyed && !session.connecting) session.setLocalWindowSize(CONNECTION_WINDOW_BYTES)
    session.on('stream', (stream, _headers: IncomingHttpHeaders, _flags: number, raw?: RawFields) =>
      this.#onStream(stream, raw ?? []),
    )
    session.on('remoteSettings', () => this.#check(this.#settingsSeen, 'settings'))
    session.on('ping', () => this.#check(this.#pings, 'ping'))
    session.on('error', (error: NodeJS.ErrnoException) => {
      if (!this.#isFlooded) this.settings.stats.protocolError(`http2.${nameOf(error)}`)
    })
    session.on('close', () => this.#onSessionClose())
    this.#arm()
  }

  get settings(): ExchangeSettings {
    return this.#owner.settings
  }

  drain(): void {
    if (this.#isDraining || this.#session.closed || this.#session.destroyed) return
    this.#isDraining = true
    this.settings.stats.drained++
    this.#session.goaway(constants.NGHTTP2_NO_ERROR, STREAM_ID_MAX)
    this.settings.thread.wheel.set(this.#deadline, GOAWAY_GRACE_MS)
  }

  close(): void {
    this.#session.destroy()
  }

  onStreamClose(isReset: boolean): void {
    this.#streamCount--
    this.#idleSinceMs = this.settings.thread.wheel.nowMs
    if (isReset) this.#check(this.#resets, 'reset')
    if (this.#deadline.slot === -1) this.#arm()
  }

  // Of the connection: node:http2 has it, and tells of its end.

  onConnect(): void {}

  onData(): void {}

  /** Who writes no more cannot go on with what it has begun, and node:http2 does not look. */
  onEnd(): void {
    this.#session.destroy()
  }

  onWritable(): void {}

  onClose(): void {
    if (!this.#session.destroyed) this.#session.destroy()
    this.#onSessionClose()
  }

  onDeadline(): void {
    const { thread, stats } = this.settings
    if (this.#isDraining) {
      if (this.#isFinal) {
        stats.flushTimeouts++
        this.#socket.close()
        return
      }
      this.#isFinal = true
      if (!this.#session.destroyed) this.#session.close()
      this.#arm()
      return
    }
    const { nowMs } = thread.wheel
    if (nowMs >= this.#wornOutAtMs) this.drain()
    else if (this.#streamCount === 0 && nowMs >= this.#idleAtMs) {
      stats.idleTimeouts++
      this.drain()
    } else this.#arm()
  }

  #onStream(stream: ServerHttp2Stream, raw: RawFields): void {
    this.#streamCount++
    this.#requestCount++
    // The stream has an exchange until both are over.
    void new Http2ClientStream(this, stream, raw)
    if (this.#requestCount >= this.settings.listener.limits.requestsPerConnectionMax) this.drain()
  }

  #onSessionClose(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.settings.thread.wheel.clear(this.#deadline)
    if (!this.#socket.isClosed) this.#socket.close()
    this.#owner.onClientConnectionClose(this)
  }

  #check(guard: FloodGuard, what: string): void {
    const { stats, thread } = this.settings
    if (this.#session.destroyed || guard.take(thread.nowMs())) return
    stats.floods++
    stats.protocolError(`http2.${what}-flood`)
    this.#isFlooded = true
    this.#session.destroy(new Error(`${what} flood`), constants.NGHTTP2_ENHANCE_YOUR_CALM)
  }

  get #idleAtMs(): number {
    const { idleMs } = this.settings.listener.timeouts
    return idleMs === 0 ? Infinity : this.#idleSinceMs + idleMs
  }

  get #wornOutAtMs(): number {
    const { connectionMs } = this.settings.listener.timeouts
    return connectionMs === 0 ? Infinity : this.#bornMs + connectionMs
  }

  #arm(): void {
    if (this.#isClosed) return
    const { wheel } = this.settings.thread
    if (this.#isDraining) {
      // node:http2 waits for what is not written yet, also where nobody reads it.
      if (this.#isFinal && this.#streamCount === 0)
        wheel.set(this.#deadline, this.settings.listener.timeouts.streamIdleMs)
      return
    }
    const idleAtMs = this.#streamCount === 0 ? this.#idleAtMs : Infinity
    wheel.set(this.#deadline, Math.max(1, Math.min(idleAtMs, this.#wornOutAtMs) - wheel.nowMs))
  }
}

/** nghttp2 has one code for all that it refuses, and a text of a closed set for each. */
function nameOf({ code = 'error', message }: NodeJS.ErrnoException): string {
  return code === 'ERR_HTTP2_ERROR' ? message.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-') : code
}

/** `:method`, `:scheme`, `:authority`, `:path`, which are no fields. */
const PSEUDO_COUNT = 4
