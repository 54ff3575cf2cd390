import type { Analysis, Diagnostic } from '@quadrant/core'
import { eachLine, hexValue, scanHex } from './line-scanner.ts'
import { SymbolListBuilder, type SymbolList } from './symbol-list.ts'

/** A large JVM has 100,000. */
const LIMITS = { symbols: 500_000, nameBytes: 32 << 20 } as const

/** Of one name: it is cut there. */
const NAME_BYTES_MAX = 1024

/** Findings that are told of one file. */
const DIAGNOSTICS_MAX = 8

const SPACE = 32
const ZERO = 48
const LETTER_X = 120

/**
 * The functions of a perf map: a line `START SIZE name` for each, numbers in hexadecimal
 * (tools/perf/Documentation/jit-interface.txt). Where code was made twice at one address the later line counts. A last
 * line without its end is one that is being written, and is left out.
 */
export function parsePerfMap(bytes: Uint8Array): Analysis<SymbolList> {
  const list = new SymbolListBuilder(LIMITS)
  const diagnostics: Diagnostic[] = []
  const complain = (code: string, message: string, start: number, end: number) => {
    if (diagnostics.length < DIAGNOSTICS_MAX)
      diagnostics.push({ code, severity: 'warning', message, range: { start, end } })
  }
  const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1)
  eachLine(whole, (start, end) => {
    const symbol = parseLine(whole, start, end)
    if (symbol === undefined) {
      complain('PMAP001', 'not a line of a perf map', start, end)
      return true
    }
    if (list.add(symbol.address, symbol.size, symbol.name)) return true
    complain('PMAP002', 'too many functions: the rest is not read', start, end)
    return false
  })
  return { value: list.finish(), diagnostics }
}

function parseLine(bytes: Uint8Array, start: number, end: number) {
  const addressEnd = scanNumber(bytes, start, end)
  const address = hexValue.value
  if (addressEnd === -1) return undefined
  const sizeEnd = scanNumber(bytes, addressEnd + 1, end)
  if (sizeEnd === -1) return undefined
  const nameEnd = Math.min(end, sizeEnd + 1 + NAME_BYTES_MAX)
  const name = bytes.subarray(sizeEnd + 1, nameEnd)
  return name.length === 0 || name.includes(0) ? undefined : { address, size: hexValue.value, name }
}

/** Where the number ends, at a space; -1 where there is none. */
function scanNumber(bytes: Uint8Array, at: number, end: number): number {
  const start = bytes[at] === ZERO && bytes[at + 1] === LETTER_X ? at + 2 : at
  const numberEnd = scanHex(bytes, start, end)
  return numberEnd > start && numberEnd < end && bytes[numberEnd] === SPACE ? numberEnd : -1
}
