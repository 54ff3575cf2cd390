import type { Architecture } from '../elf/elf-image.ts'
import { viewOf } from '../word.ts'

/** A range of addresses, half open. */
export interface AddressRange {
  readonly start: number
  readonly end: number
}

/**
 * The addresses within `data` that machine code may refer to relative to the program counter.
 *
 * It does not decode instructions one after the other: on amd64 each byte that could be the ModRM byte of `disp32(RIP)`
 * is taken for one; on arm64 each ADRP with each later use of its register. So it finds every reference, and now and
 * then one that is none: what is concluded from it must rest on several.
 */
export function dataReferences(
  code: Uint8Array,
  address: number,
  data: AddressRange,
  architecture: Architecture,
): Set<number> {
  return architecture === 'amd64' ? amd64(code, address, data) : arm64(code, address, data)
}

function amd64(code: Uint8Array, address: number, data: AddressRange): Set<number> {
  const found = new Set<number>()
  const view = viewOf(code)
  for (let at = 2; at + 4 <= code.length; at++) {
    // mod = 00, r/m = 101
    if ((code[at - 1]! & 0xc7) !== 0x05) continue
    // The displacement counts from the end of the instruction, which an immediate may follow.
    const target = address + at + 4 + immediateBytes(code, at - 1) + view.getInt32(at, true)
    if (target >= data.start && target < data.end) found.add(target)
  }
  return found
}

const IMMEDIATE_8 = new Set([0x80, 0x83, 0xc0, 0xc1, 0xc6, 0x6b])
const IMMEDIATE_32 = new Set([0x81, 0xc7, 0x69])
const IMMEDIATE_8_AFTER_0F = new Set([0x70, 0x71, 0x72, 0x73, 0xa4, 0xac, 0xba, 0xc2, 0xc4, 0xc5, 0xc6])

/** Bytes of the immediate of the instruction with its ModRM byte at `at` (Intel SDM, volume 2, appendix A). */
function immediateBytes(code: Uint8Array, at: number): 0 | 1 | 2 | 4 {
  const opcode = code[at - 1]!
  if (code[at - 2] === 0x0f) return IMMEDIATE_8_AFTER_0F.has(opcode) ? 1 : 0
  const has16Bits = code[at - 2] === 0x66 || (code[at - 3] === 0x66 && (code[at - 2]! & 0xf0) === 0x40)
  if (IMMEDIATE_8.has(opcode)) return 1
  // TEST, the first two of its group.
  const isTest = (code[at]! & 0x30) === 0
  if (opcode === 0xf6 && isTest) return 1
  if (IMMEDIATE_32.has(opcode) || (opcode === 0xf7 && isTest)) return has16Bits ? 2 : 4
  return 0
}

/** A register's value is believed for so many instructions: what else is written to it is not looked at. */
const ARM64_TRUST_BYTES = 16 * 4

function arm64(code: Uint8Array, address: number, data: AddressRange): Set<number> {
  const found = new Set<number>()
  const view = viewOf(code)
  const values = new Float64Array(32)
  const knownUntil = new Float64Array(32).fill(-1)
  const learn = (register: number, value: number, at: number) => {
    values[register] = value
    knownUntil[register] = at + ARM64_TRUST_BYTES
  }
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = view.getUint32(at, true)
    const register = word & 31
    if ((word & 0x9f000000) >>> 0 === 0x90000000) {
      // ADRP: a signed number of pages of 21 bits, the two low ones apart.
      const bits = (((word >>> 5) & 0x7ffff) << 2) | ((word >>> 29) & 3)
      const pageCount = (bits << 11) >> 11
      learn(register, address + at - ((address + at) % 4096) + pageCount * 4096, at)
      continue
    }
    const base = (word >>> 5) & 31
    if (knownUntil[base]! < at) continue
    const immediate = (word >>> 10) & 0xfff
    let target = -1
    // ADD (immediate, 64 bit), not shifted; LDR and STR (unsigned offset), scaled by their size.
    if ((word & 0xffc00000) >>> 0 === 0x91000000) {
      target = values[base]! + immediate
      learn(register, target, at)
    } else if ((word & 0x3b000000) === 0x39000000) target = values[base]! + immediate * 2 ** (word >>> 30)
    if (target >= data.start && target < data.end) found.add(target)
  }
  return found
}
