import type { Duplex } from 'node:stream'

/**
 * Where the gateway's connections come from: sockets of Node now, whatever does it better later. Everything is on one
 * thread; nothing is told before the call that opened it has returned.
 */
export interface Transport {
  /** @throws {ExtendError} `unavailable` where the address cannot be listened on */
  listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listening>
  /** At once; the handler is told when it is connected, or why it is not. */
  connect(options: ConnectOptions, handler: ConnectionHandler): Connection
}

export interface ListenOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Others, such as other threads, may listen on the same port, and the kernel shares connections out (SO_REUSEPORT). */
  readonly isPortShared?: boolean
  /** Waiting to be accepted. 1024, if it is not given: twice Node's own, as a gateway restarts under load. */
  readonly backlog?: number
}

export interface Listening {
  readonly host: string
  readonly port: number
  /** Accepts no more; connections that there are go on. */
  close(): void
}

export interface ConnectOptions {
  /** An address, not a name: whoever calls resolves names. */
  readonly host: string
  readonly port: number
  readonly tls?: ClientTls
  /**
   * Memory may be read into again whose bytes were all `digested`, or given to `write` and taken there, when `onData`
   * returns: whoever does either does not look at them again.
   */
  readonly isMemoryReused?: boolean
}

/** How a connection speaks TLS to a server. */
export interface ClientTls {
  /** `SecureContext` of node:tls; the transport does not look into it. */
  readonly context: unknown
  /** For SNI and for the name in the certificate. */
  readonly serverName: string | undefined
  /** False: the certificate is not looked at. */
  readonly isVerified: boolean
  /** Whether it may have this name instead of `serverName`; undefined: it must have that one. */
  readonly matchesName: ((name: string) => boolean) | undefined
  readonly alpn: readonly string[]
}

/** How a connection speaks TLS to a client. */
export interface ServerTls {
  /** By the server name of the client; undefined where there is none for it: the handshake ends. */
  readonly contextOf: (serverName: string | undefined) => unknown
  readonly alpn: readonly string[]
  readonly clientCertificate: 'none' | 'optional' | 'required'
}

export interface PeerCertificate {
  readonly subject: string | undefined
  readonly uriSan: string | undefined
  readonly dnsSan: string | undefined
  readonly fingerprintSha256: string | undefined
}

/** What is known of a connection's TLS after the handshake. */
export interface TlsFacts {
  readonly version: string
  readonly alpn: string | undefined
  readonly serverName: string | undefined
  /** The peer's certificate was there, and verified. */
  readonly isPeerVerified: boolean
  readonly peer: PeerCertificate | undefined
  readonly localSubject: string | undefined
}

export interface Connection {
  /** Unique in this process. */
  readonly id: number
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** Undefined without TLS, and before the handshake has ended. */
  readonly tls: TlsFacts | undefined
  /** Written, and not yet taken by the kernel. */
  readonly waitingBytes: number
  readonly isClosed: boolean
  /** Who is told what happens. Until one is set, nothing is read. */
  setHandler(handler: ConnectionHandler): void
  /**
   * Up to three pieces, in one write where that is possible. They become the connection's: nobody changes them afterwards.
   * False: more is waiting than should be; `onWritable` follows.
   */
  write(first: Uint8Array, second?: Uint8Array, third?: Uint8Array): boolean
  /** So many bytes of what `onData` is being told were copied. */
  digested(byteCount: number): void
  /** Reads nothing until `resume`, so that the peer has to wait. */
  pause(): void
  resume(): void
  /** No more is written; what is waiting still goes out. */
  end(): void
  /** At once, with a RST where the transport can; what is waiting is lost. `onClose` follows. */
  reset(): void
  /** At once; what is waiting is lost. `onClose` follows. */
  close(): void
  /** TLS as a server, before anything is read; `onSecure` or `onClose` follows. */
  secure(tls: ServerTls): void
  /**
   * The connection as a stream of Node for node:http2, which takes it over: the handler is only told of its close.
   * @param read what was read of it already
   */
  detach(read: Uint8Array | undefined): Duplex
}

export interface ConnectionHandler {
  /** Connected, and through the handshake where there is TLS. */
  onConnect(): void
  /** The bytes stay as they are, unless memory is reused; nobody writes into them again. */
  onData(bytes: Buffer): void
  /** The peer writes no more; this side may still. */
  onEnd(): void
  /** Less is waiting than before, after `write` said false. */
  onWritable(): void
  /** Once, last. `reason` is the error's code, such as `ECONNRESET`; undefined where there was none. */
  onClose(reason: string | undefined): void
}
