import { FlowEvent, Role } from '@quadrant/proto'
import { Protocol } from '../kernel/record.ts'
import { durationUs, FlowFlag, type FlowRow, type FlowRows } from './flow-rows.ts'
import { isEphemeral, type PortRange } from './port-range.ts'
import { SocketFlag, type SocketColumns } from './socket-columns.ts'

/** Tells the rows of sockets' events. */
export class SocketRows {
  readonly #columns: SocketColumns
  readonly #rows: FlowRows
  readonly #ephemeral: PortRange
  readonly #row: FlowRow = { event: 0, role: 0, ns: 0, counted: false, flags: 0, durationUs: 0 }
  /** Begin of the window: ns, CLOCK_MONOTONIC. */
  startNs = 0

  constructor(columns: SocketColumns, rows: FlowRows, ephemeral: PortRange) {
    this.#columns = columns
    this.#rows = rows
    this.#ephemeral = ephemeral
  }

  /** The row of an opening, or of a socket that was there before us, once. */
  tellOpen(slot: number, isServer: boolean): void {
    const { flags, openNs, establishedNs, seenNs } = this.#columns
    const bits = flags[slot]!
    if ((bits & SocketFlag.openRowTold) !== 0) return
    flags[slot]! |= SocketFlag.openRowTold
    const existing = (bits & SocketFlag.existing) !== 0
    const event = existing ? FlowEvent.EXISTING : isServer ? FlowEvent.ACCEPT : FlowEvent.CONNECT
    const ns = existing ? this.startNs : establishedNs[slot] || openNs[slot] || seenNs[slot]!
    this.#add(slot, event, ns, existing, false)
  }

  tellClose(slot: number): void {
    const { flags, closedNs } = this.#columns
    const event = closingEvent(flags[slot]!)
    this.#add(slot, event, closedNs[slot]!, true, event !== FlowEvent.CLOSE)
  }

  /** The row of a listener, once. */
  tellListener(slot: number): void {
    const { flags, protocol, localPort, seenNs } = this.#columns
    const bits = flags[slot]!
    if ((bits & SocketFlag.openRowTold) !== 0) return
    flags[slot]! |= SocketFlag.openRowTold
    // Every UDP client is bound to some port; a chosen one is worth a row.
    if (protocol[slot] === Protocol.udp && isEphemeral(localPort[slot]!, this.#ephemeral)) return
    const existing = (bits & SocketFlag.existing) !== 0
    this.#add(slot, FlowEvent.LISTEN, existing ? this.startNs : seenNs[slot]!, false, false)
  }

  #add(slot: number, event: number, ns: number, counted: boolean, rare: boolean): void {
    if (!this.#rows.admit(rare)) return
    const columns = this.#columns
    const bits = columns.flags[slot]!
    const row = this.#row
    row.event = event
    row.ns = ns
    row.counted = counted
    row.role = (bits & SocketFlag.server) !== 0 || event === FlowEvent.LISTEN ? Role.SERVER : Role.CLIENT
    row.flags =
      ((bits & (SocketFlag.joined | SocketFlag.released)) !== 0 ? FlowFlag.joined : 0) |
      ((bits & SocketFlag.bytesUnknown) !== 0 ? FlowFlag.bytesUnknown : 0) |
      (event === FlowEvent.RESET && (bits & SocketFlag.resetSent) !== 0 ? FlowFlag.resetSent : 0) |
      ((bits & SocketFlag.roleGuessed) !== 0 ? FlowFlag.roleGuessed : 0)
    row.durationUs = columns.openNs[slot] === 0 ? 0 : durationUs(columns.openNs[slot]!, ns)
    this.#rows.addSocket(row, columns, slot, this.startNs)
  }
}

function closingEvent(bits: number): number {
  if ((bits & SocketFlag.established) === 0) return FlowEvent.FAIL
  if ((bits & SocketFlag.closeMissed) !== 0 && (bits & SocketFlag.bytesUnknown) === 0) return FlowEvent.LOST
  return (bits & (SocketFlag.resetSent | SocketFlag.resetReceived)) !== 0 ? FlowEvent.RESET : FlowEvent.CLOSE
}
