/** One socket of /proc/net/{tcp,tcp6,udp,udp6}. Addresses are four words as in memory, IPv4 in the first. */
export interface NetSocket {
  readonly family: number
  readonly local: readonly [number, number, number, number]
  readonly remote: readonly [number, number, number, number]
  readonly localPort: number
  readonly remotePort: number
  /** The kernel's TCP state; UDP uses ESTABLISHED and CLOSE. */
  readonly state: number
  readonly uid: number
  /** Inode of the socket; 0 for one that no process holds (TIME_WAIT and such). */
  readonly inode: number
}

/** Sockets read of one file. */
const SOCKETS_MAX = 200_000

/**
 * Reads a file of /proc/net in the format of the kernel's tcp4_seq_show, tcp6_seq_show and the UDP twins:
 * addresses are words in hexadecimal as the machine (little endian) reads them. Lines of another shape are
 * counted in `skipped`.
 */
export function parseNetTable(text: string): { sockets: NetSocket[]; skipped: number } {
  const sockets: NetSocket[] = []
  let skipped = 0
  let at = text.indexOf('\n') + 1
  if (at === 0) return { sockets, skipped }
  while (at < text.length) {
    let end = text.indexOf('\n', at)
    if (end === -1) end = text.length
    const socket = sockets.length < SOCKETS_MAX ? parseLine(text.slice(at, end)) : undefined
    if (socket) sockets.push(socket)
    else if (end > at) skipped++
    at = end + 1
  }
  return { sockets, skipped }
}

//   sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt   uid  timeout inode
const LINE =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2}) [0-9A-F]+:[0-9A-F]+ [0-9A-F]+:[0-9A-F]+ [0-9A-F]+ +(\d{1,10}) +\d+ (\d{1,15})(?: |$)/

function parseLine(line: string): NetSocket | undefined {
  const match = LINE.exec(line)
  if (!match || match[1]!.length !== match[3]!.length) return undefined
  const local = parseWords(match[1]!)
  const remote = parseWords(match[3]!)
  const mapped = isMapped(local) || isMapped(remote)
  return {
    family: match[1]!.length === 8 || mapped ? 2 : 10,
    local: mapped ? [local[3], 0, 0, 0] : local,
    remote: mapped ? [remote[3], 0, 0, 0] : remote,
    localPort: Number.parseInt(match[2]!, 16),
    remotePort: Number.parseInt(match[4]!, 16),
    state: Number.parseInt(match[5]!, 16),
    uid: Number(match[6]),
    inode: Number(match[7]),
  }
}

function parseWords(hex: string): [number, number, number, number] {
  const word = (at: number) => (at < hex.length ? Number.parseInt(hex.slice(at, at + 8), 16) : 0)
  return [word(0), word(8), word(16), word(24)]
}

/** ::ffff:0:0/96. */
function isMapped(words: readonly [number, number, number, number]): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff0000
}
