import type { DnsProblem } from './dns-problem.ts'

/** Of a name as it is sent, bytes (RFC 1035, 2.3.4). */
const NAME_BYTES_MAX = 255
const LABEL_BYTES_MAX = 63
/** Of a name in words: what is not printable is written longer. */
const TEXT_LENGTH_MAX = 255
/** A name of 255 bytes has 127 labels at most; no sender points more often than it writes labels. */
const POINTERS_MAX = 127

const POINTER = 0xc0
const DOT = 0x2e
const BACKSLASH = 0x5c

/** A name in a message, and where what follows it begins. */
export interface DomainName {
  /** In lower case, without the root's dot; the root itself is `.`. */
  readonly text: string
  readonly end: number
}

/**
 * Reads a name, through pointers to what stands before it (RFC 1035, 4.1.4). A pointer forward, or to itself, is no
 * name: each jump goes back, so that reading ends.
 */
export function readDomainName(message: Uint8Array, start: number): DomainName | DnsProblem {
  let text = ''
  let nameBytes = 1
  let end: number | undefined
  let pointers = 0
  /** Where the part that is read began: a pointer has to go before it. */
  let partStart = start
  let at = start
  for (;;) {
    const length = message[at]
    if (length === undefined) return 'short'
    if (length === 0) return { text: text === '' ? '.' : text, end: end ?? at + 1 }
    if (length >= POINTER) {
      const low = message[at + 1]
      if (low === undefined) return 'short'
      const target = ((length & ~POINTER) << 8) | low
      if (target >= partStart || ++pointers > POINTERS_MAX) return 'pointer'
      end ??= at + 2
      at = partStart = target
      continue
    }
    // 01 and 10 in front: extended labels, given up by RFC 6891.
    if (length > LABEL_BYTES_MAX) return 'label'
    nameBytes += length + 1
    if (nameBytes > NAME_BYTES_MAX) return 'long-name'
    if (at + length >= message.length) return 'short'
    if (text !== '') text += '.'
    for (let i = at + 1; i <= at + length; i++) text += characterOf(message[i]!)
    if (text.length > TEXT_LENGTH_MAX) return 'long-name'
    at += length + 1
  }
}

/** As zone files write it (RFC 1035, 5.1), in lower case: `\046` for a dot in a label, `\007` for a bell. */
function characterOf(byte: number): string {
  if (byte <= 0x20 || byte >= 0x7f || byte === DOT || byte === BACKSLASH)
    return `\\${String(byte).padStart(3, '0')}`
  return String.fromCharCode(byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)
}
