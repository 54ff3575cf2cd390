import type { Analysis, Diagnostic } from '@quadrant/core'
import { elfFunctionAt } from '@quadrant/golang'
import { eachLine, hexDigit } from './line-scanner.ts'
import { SymbolListBuilder, type SymbolList } from './symbol-list.ts'

/** The largest kernels have 250,000. */
const LIMITS = { symbols: 1_000_000, nameBytes: 64 << 20 } as const

const ADDRESS_DIGITS = 16
const HIGH = 2 ** 32
const TAB = 9

/** nm's letters for code: t, T, w, W. */
const CODE = new Set([116, 84, 119, 87])

/** Findings that are told of one file. */
const DIAGNOSTICS_MAX = 8

/**
 * The functions of a /proc/kallsyms, at addresses as `kernelAddressAt` gives them. Undefined where the kernel hides
 * them: to those without CAP_SYSLOG all addresses are 0 (kernel.kptr_restrict).
 */
export function parseKallsyms(bytes: Uint8Array): Analysis<SymbolList | undefined> {
  const list = new SymbolListBuilder(LIMITS)
  const diagnostics: Diagnostic[] = []
  let isHidden = true
  eachLine(bytes, (start, end) => {
    const address = addressAt(bytes, start, end)
    if (address === undefined) {
      if (diagnostics.length < DIAGNOSTICS_MAX)
        diagnostics.push({
          code: 'KSYM001',
          severity: 'warning',
          message: 'not a line of kallsyms',
          range: { start, end },
        })
      return true
    }
    if (address !== -(2 ** 64)) isHidden = false
    if (!CODE.has(bytes[start + ADDRESS_DIGITS + 1]!)) return true
    // The name, and behind a tab `[module]`.
    return list.add(address, 0, bytes.subarray(start + ADDRESS_DIGITS + 3, end))
  })
  return { value: isHidden ? undefined : list.finish(), diagnostics }
}

/** Name and module of the function at an address of the kernel. */
export function kernelFunctionAt(
  symbols: SymbolList,
  address: number,
): { readonly name: string; readonly module: string } | undefined {
  const text = elfFunctionAt(symbols, address)?.name
  if (text === undefined) return undefined
  const tab = text.indexOf('\t')
  return tab === -1
    ? { name: text, module: '[kernel]' }
    : { name: text.slice(0, tab), module: text.slice(tab + 1) }
}

/** `ADDRESS t name`; undefined for another line. */
function addressAt(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start < ADDRESS_DIGITS + 4 || bytes[start + ADDRESS_DIGITS] !== 32) return undefined
  if (bytes[start + ADDRESS_DIGITS + 2] !== 32 || bytes[start + ADDRESS_DIGITS + 3] === TAB) return undefined
  if (bytes.subarray(start, end).includes(0)) return undefined
  let high = 0
  let low = 0
  for (let at = 0; at < ADDRESS_DIGITS; at++) {
    const digit = hexDigit(bytes[start + at]!)
    if (digit === -1) return undefined
    if (at < 8) high = high * 16 + digit
    else low = low * 16 + digit
  }
  return (high - HIGH) * HIGH + low
}
