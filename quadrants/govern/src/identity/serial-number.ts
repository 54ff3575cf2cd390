import { randomBytes } from 'node:crypto'

/** At most 20, and unpredictable (RFC 5280 4.1.2.2; CA/Browser baseline requirements 7.1: 64 bits and more). */
const SERIAL_BYTES = 16

/** In hexadecimal digits; never negative, never 0. */
export function serialNumber(): string {
  const bytes = randomBytes(SERIAL_BYTES)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes.toString('hex')
}
