import { TLS_RELEASES } from '../gen/tls-tables.ts'
import type { RuntimeLayout } from '../runtime/layout.ts'

/**
 * Where a program's `crypto/tls` keeps what leads from a `tls.Conn` to its socket: bytes from the start of a struct; and
 * hashes of types, as method tables of interfaces have them. The same on every architecture of 64 bits.
 */
export interface TlsLayout {
  /** `tls.Conn.conn`: the connection below, an interface. */
  readonly conn: number
  /** `tls.Conn.isClient`. */
  readonly isClient: number
  /** `tls.Conn.input`, a `bytes.Reader`: what was decrypted and not read yet. */
  readonly input: number
  /** `bytes.Reader.s` and `.i`. */
  readonly readerBytes: number
  readonly readerIndex: number
  /** `net.TCPConn.fd`, a pointer to a `netFD`; and its `pfd.Sysfd`. */
  readonly fd: number
  readonly sysfd: number
  /** Of `*net.TCPConn` and of `*tls.Conn`: they change where Go hashes types in another way. */
  readonly tcpConnHash: number
  readonly tlsConnHash: number
}

/** What patch releases of one minor release have in common. Generated: see `generate/`. */
export interface TlsRelease extends TlsLayout {
  /** 26 for Go 1.26. */
  readonly minor: number
  /** The toolchains it was read from, with the same result: the newest and the oldest that share it. */
  readonly toolchains: readonly string[]
}

/** The places of a program of this version; undefined where they are not known. @param version of a known layout */
export function tlsLayout({
  minor,
  toolchains,
}: Pick<RuntimeLayout, 'minor' | 'toolchains'>): TlsRelease | undefined {
  return TLS_RELEASES.find(
    (release) => release.minor === minor && toolchains.every((name) => release.toolchains.includes(name)),
  )
}
