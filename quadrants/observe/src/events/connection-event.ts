import { Family, Protocol, RecordKind, SockWord } from '../kernel/record.ts'
import { read64 } from '../kernel/word.ts'

/**
 * What happened:
 *
 * - `state`     a TCP socket went into another state (tracepoint `inet_sock_set_state`)
 * - `reset`     TCP: a reset was sent or received (`tcp_send_reset`, `tcp_receive_reset`)
 * - `destroy`   a process closed a TCP socket that was in CLOSE already (`tcp_destroy_sock`)
 * - `udp-peer`  a UDP socket exchanged something with a peer since the last look (cgroup hooks); the last time again
 *               when the socket closes
 * - `udp-close` a UDP socket was released
 */
export type ConnectionEventKind = 'state' | 'reset' | 'destroy' | 'udp-peer' | 'udp-close'

/** One event of one socket. Where both ends of a connection are on this host, each has its own events. */
export interface ConnectionEvent {
  readonly kind: ConnectionEventKind
  /** ns, CLOCK_MONOTONIC: when the kernel saw it; `udp-peer`: the last message. Rounded to 2 ns after 104 days. */
  readonly ts: number
  /**
   * The process (thread group) in the initial pid namespace; 0 where the kernel was not in one: handshakes and goodbyes
   * end in interrupts. The socket's other events, of the same cookie, tell it.
   */
  readonly pid: number
  /** Address of this end, 4 or 16 bytes; an IPv4 address mapped to IPv6 is told as IPv4. The next event changes it. */
  readonly saddr: Uint8Array
  /** Address of the other end, likewise. */
  readonly daddr: Uint8Array
  /** Port of this end; 0 in SYN_SENT, for the kernel chooses it afterwards: the events of the same cookie tell it. */
  readonly sport: number
  /** Port of the other end; 0 where there is none, as of a socket that listens. */
  readonly dport: number
  /** 6 is TCP, 17 is UDP, as IANA numbers them. */
  readonly protocol: number
  /** TCP: the state from now on, see {@link TcpState}. UDP: 0. */
  readonly state: number
  /** The kernel's number of the socket, never used twice until the host restarts. */
  readonly cookie: number
}

const KINDS: ReadonlyMap<number, ConnectionEventKind> = new Map([
  [RecordKind.state, 'state'],
  [RecordKind.reset, 'reset'],
  [RecordKind.destroy, 'destroy'],
  [RecordKind.udpPeer, 'udp-peer'],
  [RecordKind.udpClose, 'udp-close'],
])

/** An address that is written over, seen as 4 and as 16 bytes: no view is made for an event. */
class AddressPlace {
  readonly #words = new Uint32Array(4)
  readonly #long = new Uint8Array(this.#words.buffer)
  readonly #short = this.#long.subarray(0, 4)

  take(words: Uint32Array, at: number, family: number): Uint8Array {
    for (let i = 0; i < 4; i++) this.#words[i] = words[at + i]!
    return family === Family.inet ? this.#short : this.#long
  }
}

/** The one event that is told again and again, with other contents. */
export class EventPlace implements ConnectionEvent {
  kind: ConnectionEventKind = 'state'
  ts = 0
  pid = 0
  readonly #source = new AddressPlace()
  readonly #destination = new AddressPlace()
  saddr: Uint8Array = new Uint8Array(16)
  daddr: Uint8Array = new Uint8Array(16)
  sport = 0
  dport = 0
  protocol = 0
  state = 0
  cookie = 0

  /** Takes over a socket record ({@link SockWord}); false where it is no event. */
  take(words: Uint32Array, at: number): boolean {
    const head = words[at + SockWord.head]!
    const kind = KINDS.get(head & 0xff)
    if (kind === undefined) return false
    const family = (head >>> 8) & 0xff
    const ports = words[at + SockWord.ports]!
    this.kind = kind
    this.ts = read64(words, at + SockWord.ts)
    this.pid = words[at + SockWord.tgid]!
    this.saddr = this.#source.take(words, at + SockWord.local, family)
    this.daddr = this.#destination.take(words, at + SockWord.remote, family)
    this.sport = ports & 0xffff
    this.dport = ports >>> 16
    this.protocol = (head >>> 16) & 0xff
    this.state = this.protocol === Protocol.tcp ? (words[at + SockWord.state]! >>> 8) & 0xff : 0
    this.cookie = read64(words, at + SockWord.cookie)
    return true
  }
}
