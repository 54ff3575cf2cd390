import { ProcessRank, SocketFlag, type SocketColumns } from './socket-columns.ts'
import type { SocketPairs } from './socket-pairs.ts'

/** A socket whose process or other end is not known yet is held back this long, so that it is told once. */
const SETTLE_NS = 300_000_000
/** Records of one opening, or of a close in good order, come one after another. */
const QUIET_NS = 5_000_000
/** RESET and DESTROY may follow another close, whose process may be preempted in between. */
const CLOSED_QUIET_NS = 50_000_000

/** Decides when enough is known of a socket to tell it. */
export class Settlement {
  readonly #columns: SocketColumns
  readonly #pairs: SocketPairs

  constructor(columns: SocketColumns, pairs: SocketPairs) {
    this.#columns = columns
    this.#pairs = pairs
  }

  /** Whether to tell a socket with news at the end of a window. */
  isSettled(slot: number, nowNs: number): boolean {
    const columns = this.#columns
    const bits = columns.flags[slot]!
    const closed = (bits & SocketFlag.closed) !== 0
    if ((bits & SocketFlag.closeMissed) !== 0) return true
    if (!closed && (bits & SocketFlag.openRowTold) !== 0) return true
    if (!closed && (bits & SocketFlag.established) === 0) return (bits & SocketFlag.listener) !== 0
    const ageNs = nowNs - (closed ? columns.closedNs[slot]! : columns.openNs[slot]!)
    const quietNs = (bits & SocketFlag.orderly) !== 0 ? QUIET_NS : CLOSED_QUIET_NS
    if (closed && ageNs < quietNs) return false
    // A pass found it, and its other end with it.
    if ((bits & (SocketFlag.existing | SocketFlag.restored | SocketFlag.openMissed)) !== 0) return true
    if (ageNs > SETTLE_NS) return true
    return ageNs >= QUIET_NS && this.#isComplete(slot)
  }

  /** Whether a socket closed so short a time ago that its other end may follow. */
  isJustClosed(slot: number, nowNs: number): boolean {
    const { flags, closedNs } = this.#columns
    return (flags[slot]! & SocketFlag.closed) !== 0 && nowNs - closedNs[slot]! < QUIET_NS
  }

  /** Whether a socket with news may be told between two windows: nothing more will come, and all is known. */
  isOver(slot: number, nowNs: number): boolean {
    const wanted = SocketFlag.closed | SocketFlag.orderly | SocketFlag.dirty
    if ((this.#columns.flags[slot]! & wanted) !== wanted) return false
    return !this.isJustClosed(slot, nowNs) && this.#isComplete(slot)
  }

  /** Both ends are known, and who they are. */
  #isComplete(slot: number): boolean {
    const columns = this.#columns
    this.#pairs.join(slot)
    return (
      (columns.flags[slot]! & SocketFlag.joined) !== 0 &&
      columns.processRank[slot]! > ProcessRank.listener &&
      columns.peerProcess[slot] !== -1
    )
  }
}
