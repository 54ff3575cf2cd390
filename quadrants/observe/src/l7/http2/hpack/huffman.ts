import { EOS, huffmanSymbols } from './huffman-code.ts'

/** The code's tree has one inner node less than symbols: 256. */
const STATES = 256
/** An entry of the automaton: `state | symbol << 8 | flags`. */
const EMITS = 1 << 16
const FAILS = 1 << 17
/** As many bits of padding as a string may end with. */
const PADDING_BITS_MAX = 7

/** What `decodeHuffman` gives for bytes that are not in the code. */
export const NOT_HUFFMAN = -1

/** What four more bits do in each state (a place in the code's tree): no code is shorter than five, so at most one ends. */
const { automaton, accepting } = makeAutomaton()

/**
 * Decodes a Huffman string of HPACK into `output`, as far as it has room.
 *
 * @returns the length of the decoded string in bytes, which may be more than `output` has room for; `NOT_HUFFMAN` for an
 * end-of-string symbol, or padding that is too long or not made of ones (RFC 7541, section 5.2)
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number, output: Uint8Array): number {
  let state = 0
  let length = 0
  let fails = 0
  // Each entry is written to where the next symbol goes, which only moves on where there is one: a branch costs more.
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    const high = automaton[(state << 4) | (byte >> 4)]!
    output[length] = high >> 8
    length += (high >> 16) & 1
    const low = automaton[((high & 0xff) << 4) | (byte & 15)]!
    output[length] = low >> 8
    length += (low >> 16) & 1
    fails |= high | low
    state = low & 0xff
  }
  return accepting[state] === 1 && (fails & FAILS) === 0 ? length : NOT_HUFFMAN
}

function makeAutomaton() {
  // The tree: children of node n at 2n and 2n + 1; a symbol s is ~s, and 0, the root, is nobody's child.
  const children = new Int16Array(2 * STATES)
  let nodes = 1
  for (const { symbol, bits, code } of huffmanSymbols()) {
    let node = 0
    for (let bit = bits - 1; bit > 0; bit--) {
      const child = 2 * node + ((code >> bit) & 1)
      if (children[child] === 0) children[child] = nodes++
      node = children[child]!
    }
    children[2 * node + (code & 1)] = ~symbol
  }
  const automaton = new Int32Array(STATES * 16)
  for (let state = 0; state < STATES; state++)
    for (let nibble = 0; nibble < 16; nibble++)
      automaton[(state << 4) | nibble] = walk(children, state, nibble)
  const accepting = new Uint8Array(STATES)
  for (let node = 0, bits = 0; bits <= PADDING_BITS_MAX; bits++, node = children[2 * node + 1]!)
    accepting[node] = 1
  return { automaton, accepting }
}

function walk(children: Int16Array, state: number, nibble: number): number {
  let node = state
  let emitted = 0
  for (let bit = 3; bit >= 0; bit--) {
    const child = children[2 * node + ((nibble >> bit) & 1)]!
    if (child >= 0) {
      node = child
      continue
    }
    if (~child === EOS) return FAILS
    emitted = EMITS | (~child << 8)
    node = 0
  }
  return node | emitted
}
