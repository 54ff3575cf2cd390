import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket, type SecureContext } from 'node:tls'
import { tlsFacts } from './peer-certificate.ts'
import { digested, type ReadBuffer } from './read-buffer.ts'
import type { Connection, ConnectionHandler, ServerTls, TlsFacts } from './transport.ts'

/** So many bytes are cheaper copied into one piece than written as several. */
const JOINED_BYTES_MAX = 2048

let lastId = 0

/** A socket of Node, whose events become calls of one handler. */
export class SocketConnection implements Connection {
  readonly id = ++lastId
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  tls: TlsFacts | undefined
  isClosed = false
  #socket: Socket
  #handler: ConnectionHandler | undefined
  #errorCode: string | undefined
  #isDetached = false
  readonly #readBuffer: ReadBuffer | undefined

  /** @param readBuffer where the socket reads into that, and tells `onRead` */
  constructor(socket: Socket, readBuffer?: ReadBuffer) {
    this.#socket = socket
    this.#readBuffer = readBuffer
    this.localAddress = socket.localAddress ?? ''
    this.localPort = socket.localPort ?? 0
    this.remoteAddress = socket.remoteAddress ?? ''
    this.remotePort = socket.remotePort ?? 0
    // Before there is a handler, too: an error that nobody hears would end the process.
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
  }

  get waitingBytes(): number {
    return this.#socket.writableLength
  }

  setHandler(handler: ConnectionHandler): void {
    const isFirst = this.#handler === undefined
    this.#handler = handler
    if (isFirst) this.#listen()
  }

  write(first: Uint8Array, second?: Uint8Array, third?: Uint8Array): boolean {
    const socket = this.#socket
    const wasEmpty = socket.writableLength === 0
    if (second === undefined) {
      const isWritable = socket.write(first)
      if (this.#hasTaken(wasEmpty)) digested(first)
      return isWritable
    }
    const byteLength = first.length + second.length + (third?.length ?? 0)
    if (byteLength <= JOINED_BYTES_MAX) {
      const joined = Buffer.allocUnsafe(byteLength)
      joined.set(first, 0)
      joined.set(second, first.length)
      if (third !== undefined) joined.set(third, first.length + second.length)
      digested(first)
      digested(second)
      return socket.write(joined)
    }
    socket.cork()
    socket.write(first)
    let isWritable = socket.write(second)
    if (third !== undefined) isWritable = socket.write(third)
    socket.uncork()
    if (this.#hasTaken(wasEmpty)) {
      digested(first)
      digested(second)
    }
    return isWritable
  }

  /** The bytes that were read, for a socket that reads into a `ReadBuffer`. */
  readonly onRead = (byteCount: number): boolean => {
    this.#readBuffer?.tell(byteCount, (bytes) => this.#handler?.onData(bytes))
    return true
  }

  digested(byteCount: number): void {
    this.#readBuffer?.digested(byteCount)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  reset(): void {
    if (this.#socket instanceof TLSSocket) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }

  close(): void {
    this.#socket.destroy()
  }

  secure(tls: ServerTls): void {
    const raw = this.#socket
    raw.removeListener('close', this.#onClose)
    const options = {
      isServer: true,
      requestCert: tls.clientCertificate !== 'none',
      rejectUnauthorized: tls.clientCertificate === 'required',
      ALPNProtocols: [...tls.alpn],
      // The context by name comes from SNICallback; without a name OpenSSL takes this one.
      secureContext: tls.contextOf(undefined) as SecureContext,
      allowHalfOpen: true,
      SNICallback: (name: string, done: (error: Error | null, context?: SecureContext) => void) => {
        const context = tls.contextOf(name)
        if (context === undefined) done(new Error('no certificate for that name'))
        else done(null, context as SecureContext)
      },
    }
    const secured = new TLSSocket(raw, options)
    this.#socket = secured
    secured.on('error', this.#onError)
    secured.on('close', this.#onClose)
    secured.once('secure', () => {
      // As the server of node:tls does, which would listen itself: node:http2 waits for it.
      ;(secured as { secureConnecting?: boolean }).secureConnecting = false
      const error = (secured as unknown as { ssl: { verifyError(): Error | null } | null }).ssl?.verifyError()
      if (error !== null && tls.clientCertificate === 'required') {
        this.#errorCode = 'TLS_CLIENT_CERTIFICATE'
        secured.destroy()
        return
      }
      this.tls = { ...tlsFacts(secured), isPeerVerified: error === null && tls.clientCertificate !== 'none' }
      this.#handler?.onConnect()
    })
    if (this.#handler !== undefined) this.#listen()
  }

  detach(read: Uint8Array | undefined): Duplex {
    const socket = this.#socket
    this.#isDetached = true
    socket.removeAllListeners('data')
    socket.removeAllListeners('end')
    socket.removeAllListeners('drain')
    socket.pause()
    if (read !== undefined && read.length > 0) socket.unshift(read)
    return socket
  }

  /**
   * Whether what was just written is needed no more: the kernel has it, or TLS has encrypted it, which it does with what it
   * gets at once, and that is what is written when nothing waits.
   */
  #hasTaken(wasEmpty: boolean): boolean {
    const socket = this.#socket
    return socket.writableLength === 0 || (wasEmpty && this.tls !== undefined && socket instanceof TLSSocket)
  }

  #listen(): void {
    const socket = this.#socket
    const handler = () => this.#handler!
    if (this.#readBuffer === undefined) socket.on('data', (bytes: Buffer) => handler().onData(bytes))
    socket.on('end', () => handler().onEnd())
    socket.on('drain', () => handler().onWritable())
    const isClient = socket.connecting
    if (!isClient) return
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      const self = this as { -readonly [K in keyof SocketConnection]: SocketConnection[K] }
      self.localAddress = socket.localAddress ?? ''
      self.localPort = socket.localPort ?? 0
      self.remoteAddress = socket.remoteAddress ?? ''
      self.remotePort = socket.remotePort ?? 0
      if (socket instanceof TLSSocket) this.tls = tlsFacts(socket)
      handler().onConnect()
    })
  }

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.#errorCode ??= error.code ?? error.message
  }

  readonly #onClose = (): void => {
    if (this.isClosed) return
    this.isClosed = true
    this.#handler?.onClose(this.#errorCode)
  }
}
