/** Counted since the start. */
export interface ConnectionCounts {
  /** Socket records. */
  seen: number
  /** Socket records that found no room. */
  connectionLimit: number
  /** Send and receive records that found no room. */
  messageLimit: number
  unknownKind: number
  /** Live TCP sockets found after a restore that the checkpoint did not have. */
  openedAway: number
  /** TCP connections whose opening was seen: begun here, and accepted. */
  opened: number
}

export function connectionCounts(): ConnectionCounts {
  return { seen: 0, connectionLimit: 0, messageLimit: 0, unknownKind: 0, openedAway: 0, opened: 0 }
}
