/**
 * The records of socket and process events, as 32-bit word offsets.
 *
 * Every source (BPF programs, iterator passes, /proc) writes this one layout, declared in
 * `bpf/record.h`; a test compares the two by the compiled objects' BTF. Numbers are little endian.
 * A 64-bit field is two words, low half first, so that a reader needs no `BigInt`.
 */

/** What a record tells; byte 0 of word 0. Kinds from {@link RecordKind.exec} on are process records. */
export const RecordKind = {
  /** A TCP state change. */
  state: 1,
  /** A live socket, as one pass over a namespace saw it. */
  sample: 2,
  /** A process that holds a socket; counters as in a sample. */
  owner: 3,
  /** The process that destroyed a TCP socket: who closed it when the state was CLOSE already. */
  destroy: 4,
  /** A reset was sent or received: see {@link RecordFlag}. */
  reset: 5,
  /** Cumulative counters of one (cookie, remote) of a UDP socket. */
  udpPeer: 6,
  /** A UDP socket was released. */
  udpClose: 7,
  /** Message mode: one send call, its length in bytesSent. */
  send: 8,
  /** Message mode: one receive call, its length in bytesReceived. */
  receive: 9,
  /** A complete pass over the namespace in {@link SockWord.netns} for sockets of the protocol in the head begins … */
  passBegin: 10,
  /** … and ends: sockets of both that were known before it began, were not told in it and did not close, are gone. */
  passEnd: 11,
  /** Like owner, without counters and state: of an MPTCP socket, told of the TCP socket behind it. */
  holder: 12,
  exec: 32,
  fork: 33,
  exit: 34,
} as const

/** Bits of byte 3 of word 0. */
export const RecordFlag = {
  /** tgid, start, comm, uid and cgroup are those of the calling process. */
  inProcess: 1,
  finReceived: 2,
  /** Byte counters are missing, not zero. */
  bytesUnknown: 4,
  resetSent: 8,
  resetReceived: 16,
  /** UDP peer: this end sent the first message. */
  initiator: 32,
  /** UDP: message counters are missing in one direction or both. */
  messagesUnknown: 64,
  /** UDP peer: the last record of this edge; if it comes back it counts from 0. */
  forgotten: 128,
} as const

/** Word offsets in a socket record. */
export const SockWord = {
  /** kind | family << 8 | protocol << 16 | flags << 24. */
  head: 0,
  /** Inode of the network namespace. */
  netns: 1,
  /** ns, CLOCK_MONOTONIC; two words. */
  ts: 2,
  /** Socket cookie; two words. */
  cookie: 4,
  /** Four words as in memory (network byte order); IPv4 and v4-mapped IPv6 in the first, others 0. */
  local: 6,
  remote: 10,
  /** local port | remote port << 16, host order. */
  ports: 14,
  /** Process id (thread group) in the initial pid namespace; 0 is unknown. */
  tgid: 15,
  /** Start of the process, ns since boot; two words. */
  start: 16,
  /** Two words, cumulative. */
  bytesSent: 18,
  bytesReceived: 20,
  /** Cumulative, modulo 2^32; UDP: messages. */
  segmentsOut: 22,
  segmentsIn: 23,
  retransmits: 24,
  /** Smoothed, µs. */
  rttUs: 25,
  /** old | new << 8 | errno << 16. */
  state: 26,
  uid: 27,
  /** 16 bytes. */
  comm: 28,
  /** Id in the v2 hierarchy; two words. */
  cgroup: 32,
  /**
   * When SYN_SENT and ESTABLISHED began, where they had no record of their own, as ts; two words each, 0 otherwise.
   * With the first the process is the opener.
   */
  opened: 34,
  established: 36,
} as const

/** Words in a socket record. */
export const SOCK_WORDS = 38
export const SOCK_BYTES = SOCK_WORDS * 4

/** Word offsets in a process record. */
export const ProcessWord = {
  /** kind in the low byte. */
  head: 0,
  netns: 1,
  /** ns, CLOCK_MONOTONIC; two words. */
  ts: 2,
  tgid: 4,
  parentTgid: 5,
  /** ns since boot; two words. */
  start: 6,
  parentStart: 8,
  uid: 10,
  /** As wait(2) tells it: status << 8 | signal. */
  exitCode: 11,
  cgroup: 12,
  /** 16 bytes. */
  comm: 14,
  /** filename bytes | argv bytes << 16; only in EXEC records. */
  textBytes: 18,
  /** Length of the arguments before they were cut. */
  argvTotal: 19,
  /** EXEC: the path that was executed, not ended when it fills its place. */
  filename: 20,
  /** EXEC: arguments, each ended by a 0 byte. */
  argv: 64,
} as const

/** Words of a FORK or EXIT record; an EXEC record has {@link EXEC_WORDS}. */
export const PROCESS_WORDS = 20
export const EXEC_WORDS = 128
export const FILENAME_BYTES = 176
export const ARGV_BYTES = 256

/** Address families and protocols as the kernel numbers them. */
export const Family = { inet: 2, inet6: 10 } as const
export const Protocol = { tcp: 6, udp: 17 } as const

/** TCP states as the kernel numbers them (include/net/tcp_states.h). */
export const TcpState = {
  established: 1,
  synSent: 2,
  synRecv: 3,
  finWait1: 4,
  finWait2: 5,
  timeWait: 6,
  close: 7,
  closeWait: 8,
  lastAck: 9,
  listen: 10,
  closing: 11,
  newSynRecv: 12,
} as const

/** States that a connection leaves for CLOSE when both ends said goodbye. */
const FAREWELL_STATES =
  (1 << TcpState.finWait1) | (1 << TcpState.finWait2) | (1 << TcpState.closing) | (1 << TcpState.lastAck)

/** Whether the state word of a state record tells a close in good order, without error: no DESTROY comes after it. */
export function isOrderlyClose(state: number): boolean {
  return state >>> 8 === TcpState.close && ((1 << (state & 31)) & FAREWELL_STATES) !== 0
}
