import { isOrderlyClose, RecordFlag, SockWord, TcpState } from '../kernel/record.ts'
import type { ConnectionCounts } from './connection-counts.ts'
import { wasBorn } from './first-sight.ts'
import { ProcessRank, SocketFlag } from './socket-columns.ts'
import { updateCounters } from './socket-counters.ts'
import type { SocketTable } from './socket-table.ts'
import { read64 } from '../kernel/word.ts'

/** Applies what records tell of the life of a TCP socket: changes of state, resets, and who destroyed it. */
export class TcpRecords {
  readonly #sockets: SocketTable
  readonly #counts: ConnectionCounts

  constructor(sockets: SocketTable, counts: ConnectionCounts) {
    this.#sockets = sockets
    this.#counts = counts
  }

  state(words: Uint32Array, at: number, head: number): void {
    const sockets = this.#sockets
    const { columns } = sockets
    const { flags } = columns
    const transition = words[at + SockWord.state]!
    const before = transition & 0xff
    const state = (transition >>> 8) & 0xff
    const ns = read64(words, at + SockWord.ts)
    const born =
      state === TcpState.synSent ||
      state === TcpState.established ||
      state === TcpState.synRecv ||
      state === TcpState.listen ||
      before === TcpState.synSent ||
      hasBeginning(words, at)
    let slot = sockets.find(words, at, 0)
    if (
      slot !== -1 &&
      state === TcpState.synSent &&
      ns > columns.closedNs[slot]! &&
      columns.closedNs[slot] !== 0
    ) {
      // The program connects again with a socket whose connection ended.
      sockets.renew(slot)
      slot = -1
    }
    if (slot === -1) {
      // A listener that we did not know, or an open that never was.
      if (state === TcpState.close && (before === TcpState.listen || before === TcpState.synRecv)) return
      slot = sockets.create(words, at, head, 0, born)
      if (slot === -1) return
    } else if (born && (flags[slot]! & (SocketFlag.existing | SocketFlag.openMissed)) !== 0)
      wasBorn(columns, slot)
    sockets.updateTuple(slot, words, at, head)
    this.begin(slot, words, at)
    updateCounters(columns, slot, words, at, head)
    if (ns >= columns.seenNs[slot]!) {
      columns.seenNs[slot] = ns
      columns.state[slot] = state
    }
    sockets.dirty.add(slot)
    const inProcess = ((head >>> 24) & RecordFlag.inProcess) !== 0
    switch (state) {
      case TcpState.synSent:
        flags[slot]! |= SocketFlag.active
        columns.openNs[slot] = ns
        this.#counts.opened++
        if (inProcess) sockets.assign(slot, words, at, ProcessRank.opener)
        break
      case TcpState.synRecv:
        if ((flags[slot]! & SocketFlag.active) === 0) flags[slot]! |= SocketFlag.passive
        if (columns.openNs[slot] === 0) columns.openNs[slot] = ns
        break
      case TcpState.established:
        flags[slot]! |= SocketFlag.established
        if (before === TcpState.synSent) flags[slot]! |= SocketFlag.active
        this.#establish(slot, ns)
        break
      case TcpState.listen:
        sockets.listen(slot)
        if (inProcess) sockets.assign(slot, words, at, ProcessRank.opener)
        break
      case TcpState.close:
        columns.closedNs[slot] = ns
        columns.error[slot] = transition >>> 16
        flags[slot]! |= SocketFlag.closed
        if (before === TcpState.synSent) flags[slot]! |= SocketFlag.active
        else if (before !== TcpState.listen && before !== TcpState.synRecv)
          flags[slot]! |= SocketFlag.established
        if (isOrderlyClose(transition)) {
          flags[slot]! |= SocketFlag.orderly
          sockets.closing.add(slot)
        }
        sockets.unlisten(slot)
        if (inProcess) sockets.assign(slot, words, at, ProcessRank.closer)
        break
      default:
        flags[slot]! |= SocketFlag.established
        if (inProcess) sockets.assign(slot, words, at, ProcessRank.closer)
    }
  }

  /** Notes what began since the socket's last record, and had none of its own. */
  begin(slot: number, words: Uint32Array, at: number): void {
    const { flags, openNs } = this.#sockets.columns
    const opened = read64(words, at + SockWord.opened)
    if (opened !== 0) {
      if (openNs[slot] === 0) this.#counts.opened++
      flags[slot]! |= SocketFlag.active
      openNs[slot] = opened
      this.#sockets.assign(slot, words, at, ProcessRank.opener)
    }
    const established = read64(words, at + SockWord.established)
    if (established !== 0) this.#establish(slot, established)
  }

  #establish(slot: number, ns: number): void {
    const { flags, openNs, establishedNs } = this.#sockets.columns
    // Both may open at once; then the state before was SYN_RECV, yet it is an active open.
    if ((flags[slot]! & (SocketFlag.active | SocketFlag.passive)) === 0) {
      flags[slot]! |= SocketFlag.passive
      this.#counts.opened++
    }
    flags[slot]! |= SocketFlag.established
    establishedNs[slot] = ns
    if (openNs[slot] === 0) openNs[slot] = ns
  }

  /** The process that destroyed a socket closed it. */
  destroy(words: Uint32Array, at: number): void {
    const slot = this.#sockets.find(words, at, 0)
    if (slot !== -1) this.#sockets.assign(slot, words, at, ProcessRank.closer)
  }

  reset(words: Uint32Array, at: number, head: number): void {
    let slot = this.#sockets.find(words, at, 0)
    if (slot === -1) {
      if (!hasBeginning(words, at)) return
      slot = this.#sockets.create(words, at, head, 0, true)
      if (slot === -1) return
      this.#sockets.updateTuple(slot, words, at, head)
      this.begin(slot, words, at)
    }
    const bits = head >>> 24
    if ((bits & RecordFlag.resetSent) !== 0) this.#sockets.columns.flags[slot]! |= SocketFlag.resetSent
    if ((bits & RecordFlag.resetReceived) !== 0)
      this.#sockets.columns.flags[slot]! |= SocketFlag.resetReceived
    this.#sockets.dirty.add(slot)
  }
}

/** Whether a record tells of a beginning that had none of its own. */
export function hasBeginning(words: Uint32Array, at: number): boolean {
  const opened = words[at + SockWord.opened]! | words[at + SockWord.opened + 1]!
  return (opened | words[at + SockWord.established]! | words[at + SockWord.established + 1]!) !== 0
}
