import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket, type SecureContext } from 'node:tls'
import { tlsFacts } from './peer-certificate.ts'
import type { ReadMemory } from './read-memory.ts'
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
  readonly #reads: ReadMemory
  #handler: ConnectionHandler | undefined
  #errorCode: string | undefined

  constructor(socket: Socket, reads: ReadMemory) {
    this.#socket = socket
    this.#reads = reads
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
    if (second === undefined) socket.write(first)
    else {
      const byteLength = first.length + second.length + (third?.length ?? 0)
      if (byteLength <= JOINED_BYTES_MAX) {
        const joined = Buffer.allocUnsafe(byteLength)
        joined.set(first, 0)
        joined.set(second, first.length)
        if (third !== undefined) joined.set(third, first.length + second.length)
        socket.write(joined)
      } else {
        socket.cork()
        socket.write(first)
        socket.write(second)
        if (third !== undefined) socket.write(third)
        socket.uncork()
      }
    }
    const waitingBytes = socket.writableLength
    if (waitingBytes === 0) return true
    this.#reads.give(first)
    if (second !== undefined) this.#reads.give(second)
    // Not what `write` returns: for a large piece that is false even where the kernel has taken all of it at once.
    return waitingBytes < socket.writableHighWaterMark
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
      // An empty list would refuse clients that offer any.
      ...(tls.alpn.length > 0 && { ALPNProtocols: [...tls.alpn] }),
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
    socket.off('data', this.#onData)
    socket.off('drain', this.#onDrain)
    socket.pause()
    if (read !== undefined && read.length > 0) socket.unshift(read)
    return socket
  }

  #listen(): void {
    const socket = this.#socket
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('drain', this.#onDrain)
    const isClient = socket.connecting
    if (!isClient) return
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      const self = this as { -readonly [K in keyof SocketConnection]: SocketConnection[K] }
      self.localAddress = socket.localAddress ?? ''
      self.localPort = socket.localPort ?? 0
      self.remoteAddress = socket.remoteAddress ?? ''
      self.remotePort = socket.remotePort ?? 0
      if (socket instanceof TLSSocket) this.tls = tlsFacts(socket)
      this.#handler?.onConnect()
    })
  }

  readonly #onData = (bytes: Buffer): void => this.#handler?.onData(bytes)

  readonly #onEnd = (): void => this.#handler?.onEnd()

  readonly #onDrain = (): void => this.#handler?.onWritable()

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.#errorCode ??= error.code ?? error.message
  }

  readonly #onClose = (): void => {
    if (this.isClosed) return
    this.isClosed = true
    this.#handler?.onClose(this.#errorCode)
  }
}
