import { Protocol } from '../kernel/record.ts'
import type { ConnectionTable } from './connection-table.ts'
import { isEphemeral, type PortRange } from './port-range.ts'
import { SocketFlag } from './socket-columns.ts'

export const Side = { unknown: -1, client: 0, server: 1 } as const

/** Which end a socket is, by evidence: it was seen to open, or its namespace listens on its port. */
export function provenSide(table: ConnectionTable, slot: number, ephemeral: PortRange): number {
  const { flags, netns, protocol, localPort } = table.columns
  if ((flags[slot]! & SocketFlag.active) !== 0) return Side.client
  if ((flags[slot]! & SocketFlag.passive) !== 0) return Side.server
  const port = localPort[slot]!
  // Each UDP socket is bound: only a chosen port says that it serves.
  if (protocol[slot] === Protocol.udp && isEphemeral(port, ephemeral)) return Side.unknown
  return table.listeners.at(netns[slot]!, protocol[slot]!, port) ? Side.server : Side.unknown
}

/** Which end a socket is likely to be: the one with the ephemeral port is the client, else the higher port. */
export function guessedSide(localPort: number, remotePort: number, ephemeral: PortRange): number {
  const local = isEphemeral(localPort, ephemeral)
  const remote = isEphemeral(remotePort, ephemeral)
  if (local !== remote) return local ? Side.client : Side.server
  return localPort >= remotePort ? Side.client : Side.server
}

/** Decides both ends of a joined pair at once; returns true when `a` is the client. */
export function isClientOf(
  table: ConnectionTable,
  a: number,
  b: number,
  ephemeral: PortRange,
): { client: boolean; guessed: boolean } {
  const { openNs, localPort, remotePort } = table.columns
  const sideA = provenSide(table, a, ephemeral)
  const sideB = provenSide(table, b, ephemeral)
  if (sideA !== Side.unknown && sideA !== sideB) return { client: sideA === Side.client, guessed: false }
  if (sideA === Side.unknown && sideB !== Side.unknown)
    return { client: sideB === Side.server, guessed: false }
  // Both opened (at once, or both UDP ends sent before we looked): the earlier one.
  if (sideA !== Side.unknown && openNs[a] !== openNs[b])
    return { client: openNs[a]! < openNs[b]!, guessed: false }
  return {
    client: guessedSide(localPort[a]!, remotePort[a]!, ephemeral) === Side.client,
    guessed: true,
  }
}
