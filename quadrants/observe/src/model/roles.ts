import { Protocol } from '../kernel/record.ts'
import { isEphemeral, type PortRange } from './port-range.ts'
import { SocketFlag } from './socket-columns.ts'
import type { SocketTable } from './socket-table.ts'

/** Ends of a connection. */
export const Side = { unknown: -1, client: 0, server: 1 } as const

/** Which end a socket is, by evidence: it was seen to open, or its namespace listens on its port. */
export function provenSide(sockets: SocketTable, slot: number, ephemeral: PortRange): number {
  const { flags, netns, protocol, localPort } = sockets.columns
  if ((flags[slot]! & SocketFlag.active) !== 0) return Side.client
  if ((flags[slot]! & SocketFlag.passive) !== 0) return Side.server
  const port = localPort[slot]!
  // Each UDP socket is bound: only a chosen port says that it serves.
  if (protocol[slot] === Protocol.udp && isEphemeral(port, ephemeral)) return Side.unknown
  return sockets.listeners.at(netns[slot]!, protocol[slot]!, port) ? Side.server : Side.unknown
}

/** Which end a socket is likely to be: the one with the ephemeral port is the client, else the higher port. */
export function guessedSide(localPort: number, remotePort: number, ephemeral: PortRange): number {
  const local = isEphemeral(localPort, ephemeral)
  const remote = isEphemeral(remotePort, ephemeral)
  if (local !== remote) return local ? Side.client : Side.server
  return localPort >= remotePort ? Side.client : Side.server
}

/** What {@link pairRole} found, as bits. */
export const PairRole = { client: 1, guessed: 2 } as const

/** Decides both ends of a joined pair at once: whether `a` is the client, and whether that is a guess. */
export function pairRole(sockets: SocketTable, a: number, b: number, ephemeral: PortRange): number {
  const { openNs, localPort, remotePort } = sockets.columns
  const sideA = provenSide(sockets, a, ephemeral)
  const sideB = provenSide(sockets, b, ephemeral)
  if (sideA !== Side.unknown && sideA !== sideB) return sideA === Side.client ? PairRole.client : 0
  if (sideA === Side.unknown && sideB !== Side.unknown) return sideB === Side.server ? PairRole.client : 0
  // Both opened (at once, or both UDP ends sent before we looked): the earlier one.
  if (sideA !== Side.unknown && openNs[a] !== openNs[b]) return openNs[a]! < openNs[b]! ? PairRole.client : 0
  const side = guessedSide(localPort[a]!, remotePort[a]!, ephemeral)
  return PairRole.guessed | (side === Side.client ? PairRole.client : 0)
}
