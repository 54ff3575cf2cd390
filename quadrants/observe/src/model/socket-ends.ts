import { Family } from '../kernel/record.ts'
import type { SocketTable } from './socket-table.ts'

/** Both ends of a connection, as one of its sockets has them. */
export interface SocketEnds {
  /** 4 or 16 bytes, network order. */
  readonly local: Uint8Array
  readonly remote: Uint8Array
  readonly localPort: number
  readonly remotePort: number
  /** Ids of the process table; -1 where it is not known, or is of another host. */
  readonly process: number
  readonly peerProcess: number
}

/** The ends of a live TCP connection by the cookie of a socket of it; undefined where that is not known. */
export function socketEnds(sockets: SocketTable, cookie: number): SocketEnds | undefined {
  const slot = sockets.findCookie(cookie)
  if (slot === -1) return undefined
  const { local, remote, localPort, remotePort, process, peerProcess, family } = sockets.columns
  const bytesOf = (words: Uint32Array) =>
    new Uint8Array(words.buffer.slice(words.byteOffset + 16 * slot, words.byteOffset + 16 * slot + 16)).slice(
      0,
      family[slot] === Family.inet ? 4 : 16,
    )
  return {
    local: bytesOf(local),
    remote: bytesOf(remote),
    localPort: localPort[slot]!,
    remotePort: remotePort[slot]!,
    process: process[slot]!,
    peerProcess: peerProcess[slot]!,
  }
}
