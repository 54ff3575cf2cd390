import { isIPv6 } from 'node:net'
import { COLON, HOST_NAME } from './byte-class.ts'

/** Longest name of a host in DNS, with a port. */
const AUTHORITY_BYTES_MAX = 255 + 6
const PORT_DIGITS_MAX = 5
const PORT_MAX = 65_535

/**
 * Whether the bytes are a host with or without a port (RFC 9110 7.2), and nothing that would be read otherwise elsewhere:
 * no user, no escapes, no list, no empty port.
 */
export function isAuthority(bytes: Buffer, start: number, end: number): boolean {
  if (end === start || end - start > AUTHORITY_BYTES_MAX) return false
  let at = start
  if (bytes[at] === BRACKET_OPEN) {
    const close = bytes.indexOf(BRACKET_CLOSE, at)
    if (close === -1 || close >= end || !isIPv6(bytes.toString('latin1', at + 1, close))) return false
    // A zone is of the machine that wrote it.
    if (bytes.subarray(at, close).includes(PERCENT)) return false
    at = close + 1
  } else {
    while (at < end && HOST_NAME[bytes[at]!] === 1) at++
    if (at === start) return false
  }
  return at === end || (bytes[at] === COLON && isPort(bytes, at + 1, end))
}

function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  if (end === start || end - start > PORT_DIGITS_MAX) return false
  let port = 0
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30
    if (digit < 0 || digit > 9) return false
    port = port * 10 + digit
  }
  return port <= PORT_MAX
}

const BRACKET_OPEN = 0x5b
const BRACKET_CLOSE = 0x5d
const PERCENT = 0x25
