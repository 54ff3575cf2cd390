import { join64 } from '../kernel/word.ts'

/**
 * What is known of every socket, one typed array a field, indexed by slot. UDP sockets have one slot
 * a remote address ({@link SocketFlag.udpPeer}) beside the one of the socket itself.
 * Untouched pages of a large typed array take no memory, and slots are reused last in, first out.
 */
export interface SocketColumns {
  readonly capacity: number
  readonly cookieLow: Uint32Array
  readonly cookieHigh: Uint32Array
  /** 0, or a hash of the remote end for the peers of a UDP socket. */
  readonly discriminator: Uint32Array
  readonly netns: Uint32Array
  readonly family: Uint8Array
  readonly protocol: Uint8Array
  /** The kernel's TCP state as last seen. */
  readonly state: Uint8Array
  readonly flags: Uint32Array
  /** Four words a slot, network byte order as in memory. */
  readonly local: Uint32Array
  readonly remote: Uint32Array
  readonly localPort: Uint16Array
  readonly remotePort: Uint16Array
  /** Id in the process table, -1 unknown. */
  readonly process: Int32Array
  /** {@link ProcessRank} of that knowledge. */
  readonly processRank: Uint8Array
  /** Process of the other end, where it is on this host; kept after the other slot is free. */
  readonly peerProcess: Int32Array
  /** Slot of the other end, -1. */
  readonly peer: Int32Array
  /** Edge to which the slot is told, -1. */
  readonly edge: Int32Array
  /** ns, CLOCK_MONOTONIC; 0 where it was not seen. */
  readonly openNs: Float64Array
  readonly establishedNs: Float64Array
  readonly closedNs: Float64Array
  /** Newest record of any kind. */
  readonly seenNs: Float64Array
  /** Cumulative, as last seen. */
  readonly sent: Float64Array
  readonly received: Float64Array
  readonly segmentsOut: Float64Array
  readonly segmentsIn: Float64Array
  readonly retransmits: Float64Array
  /** The part of them that edges were told, or that was there before us. */
  readonly toldSent: Float64Array
  readonly toldReceived: Float64Array
  readonly toldSegmentsOut: Float64Array
  readonly toldSegmentsIn: Float64Array
  readonly toldRetransmits: Float64Array
  /** Smoothed, µs. */
  readonly rttUs: Uint32Array
  /** errno with which it closed, 0. */
  readonly error: Uint16Array
  /** The chain of the peers of one UDP socket. */
  readonly cookieNext: Int32Array
  readonly cookiePrevious: Int32Array
}

/** Bits of {@link SocketColumns.flags}. */
export const SocketFlag = {
  used: 1,
  /** The open was seen, or told by the source: this end is the client, the server. */
  active: 2,
  passive: 4,
  established: 8,
  closed: 16,
  resetSent: 32,
  resetReceived: 64,
  bytesUnknown: 128,
  messagesUnknown: 256,
  /** It was there before us: what it had counted is no delta. */
  existing: 512,
  /** Its opening should have been seen and was not. */
  openMissed: 1024,
  /** It vanished without a closing record. */
  closeMissed: 2048,
  listener: 4096,
  udpPeer: 8192,
  dirty: 1 << 14,
  inTupleIndex: 1 << 15,
  joined: 1 << 16,
  /** The server's end of a joined pair: the client's counters are told, not these. */
  secondary: 1 << 17,
  roleGuessed: 1 << 18,
  ambiguous: 1 << 19,
  /** Told to the edge. */
  openTold: 1 << 20,
  closeTold: 1 << 21,
  /** Counted among the edge's active connections. */
  activeCounted: 1 << 22,
  openRowTold: 1 << 23,
  /** A restart would find it in the checkpoint. */
  inCheckpoint: 1 << 24,
  rttFresh: 1 << 25,
  /** Decided: server's end (else client's). Valid with roleKnown. */
  server: 1 << 26,
  roleKnown: 1 << 27,
  restored: 1 << 28,
  /** What its edge was chosen by has changed. */
  edgeStale: 1 << 29,
  /** A UDP server's end whose client is gone; another client may use the same port. */
  released: 1 << 30,
  /** Both ends said goodbye: nothing more will be told of it. */
  orderly: 1 << 31,
} as const

/** How the process of an end is known; a higher rank replaces a lower one. */
export const ProcessRank = { none: 0, listener: 1, closer: 2, owner: 3, opener: 4 } as const

export function socketColumns(capacity: number): SocketColumns {
  const u32 = () => new Uint32Array(capacity)
  const f64 = () => new Float64Array(capacity)
  const none = () => new Int32Array(capacity).fill(-1)
  return {
    capacity,
    cookieLow: u32(),
    cookieHigh: u32(),
    discriminator: u32(),
    netns: u32(),
    family: new Uint8Array(capacity),
    protocol: new Uint8Array(capacity),
    state: new Uint8Array(capacity),
    flags: u32(),
    local: new Uint32Array(capacity * 4),
    remote: new Uint32Array(capacity * 4),
    localPort: new Uint16Array(capacity),
    remotePort: new Uint16Array(capacity),
    process: new Int32Array(capacity),
    processRank: new Uint8Array(capacity),
    peerProcess: new Int32Array(capacity),
    peer: new Int32Array(capacity),
    edge: new Int32Array(capacity),
    openNs: f64(),
    establishedNs: f64(),
    closedNs: f64(),
    seenNs: f64(),
    sent: f64(),
    received: f64(),
    segmentsOut: f64(),
    segmentsIn: f64(),
    retransmits: f64(),
    toldSent: f64(),
    toldReceived: f64(),
    toldSegmentsOut: f64(),
    toldSegmentsIn: f64(),
    toldRetransmits: f64(),
    rttUs: u32(),
    error: new Uint16Array(capacity),
    cookieNext: none(),
    cookiePrevious: none(),
  }
}

/** Makes a slot as new. */
export function clearSlot(columns: SocketColumns, slot: number): void {
  columns.discriminator[slot] = 0
  columns.state[slot] = 0
  columns.flags[slot] = 0
  for (let at = slot * 4; at < slot * 4 + 4; at++) {
    columns.local[at] = 0
    columns.remote[at] = 0
  }
  columns.localPort[slot] = 0
  columns.remotePort[slot] = 0
  columns.process[slot] = -1
  columns.processRank[slot] = ProcessRank.none
  columns.peerProcess[slot] = -1
  columns.peer[slot] = -1
  columns.edge[slot] = -1
  columns.openNs[slot] = 0
  columns.establishedNs[slot] = 0
  columns.closedNs[slot] = 0
  columns.seenNs[slot] = 0
  columns.sent[slot] = 0
  columns.received[slot] = 0
  columns.segmentsOut[slot] = 0
  columns.segmentsIn[slot] = 0
  columns.retransmits[slot] = 0
  columns.toldSent[slot] = 0
  columns.toldReceived[slot] = 0
  columns.toldSegmentsOut[slot] = 0
  columns.toldSegmentsIn[slot] = 0
  columns.toldRetransmits[slot] = 0
  columns.rttUs[slot] = 0
  columns.error[slot] = 0
}

/** The whole cookie: below 2^53, as they count up from 1. */
export function cookieOf(columns: SocketColumns, slot: number): number {
  return join64(columns.cookieLow[slot]!, columns.cookieHigh[slot]!)
}
