/**
 * What follows an opcode in 64-bit mode (Intel SDM volume 2, appendix A; AMD APM volume 3): a ModRM byte or none, and
 * an immediate of some size.
 */
export const IMMEDIATE = {
  none: 0,
  byte: 1,
  word: 2,
  /** Two bytes with the operand size prefix, else four. */
  operand: 3,
  /** As `operand`, and eight with REX.W: `mov r64, imm64`. */
  full: 4,
  /** An absolute address: eight bytes, four with the address size prefix. */
  address: 5,
  /** `enter`: a word and a byte. */
  wordAndByte: 6,
  /** Relative to the next instruction: four bytes whatever the prefixes (as Intel's processors and the kernel do). */
  relative: 7,
  /** Groups whose first two members alone have one: `test` among `not`, `neg`, `mul`, `div`. */
  testByte: 8,
  testOperand: 9,
  doubleWord: 10,
} as const

/** An immediate's kind in the low bits, and these. */
export const SHAPE = { immediateMask: 0x0f, modrm: 0x10, registersOnly: 0x20, invalid: 0x80 } as const

const { none, byte, word, operand, full, address, wordAndByte, relative, testByte, testOperand } = IMMEDIATE
const { modrm, registersOnly, invalid } = SHAPE

/** Opcodes of one byte. Prefixes and escapes do not come to be looked up here. */
export const ONE_BYTE = shapes([
  // add, or, adc, sbb, and, sub, xor, cmp
  ['00-03 08-0b 10-13 18-1b 20-23 28-2b 30-33 38-3b', modrm],
  ['04 0c 14 1c 24 2c 34 3c', byte],
  ['05 0d 15 1d 25 2d 35 3d', operand],
  ['50-5f', none],
  ['63', modrm],
  ['68', operand],
  ['69', modrm | operand],
  ['6a', byte],
  ['6b', modrm | byte],
  ['6c-6f', none],
  ['70-7f', byte],
  ['80 83', modrm | byte],
  ['81', modrm | operand],
  ['84-8f', modrm],
  ['90-99 9b-9f', none],
  ['a0-a3', address],
  ['a4-a7 aa-af', none],
  ['a8', byte],
  ['a9', operand],
  ['b0-b7', byte],
  ['b8-bf', full],
  ['c0 c1', modrm | byte],
  ['c2', word],
  ['c3', none],
  ['c6', modrm | byte],
  ['c7', modrm | operand],
  ['c8', wordAndByte],
  ['c9 cb cc cf', none],
  ['ca', word],
  ['cd', byte],
  ['d0-d3 d8-df', modrm],
  ['d7', none],
  ['e0-e7 eb', byte],
  ['e8 e9', relative],
  ['ec-ef f1 f4 f5 f8-fd', none],
  ['f6', modrm | testByte],
  ['f7', modrm | testOperand],
  ['fe ff', modrm],
])

/** Opcodes behind 0f. */
export const TWO_BYTE = shapes([
  ['00-03 0d', modrm],
  ['05-09 0b 0e', none],
  // 3DNow!: the byte behind the operands tells which one.
  ['0f', modrm | byte],
  ['10-1f 28-2f', modrm],
  ['20-23', modrm | registersOnly],
  ['30-35 37', none],
  ['40-6f 74-76 79 7c-7f', modrm],
  ['70-73', modrm | byte],
  ['77', none],
  ['78', modrm],
  ['80-8f', relative],
  ['90-9f', modrm],
  ['a0-a2 a8-aa', none],
  ['a3 a5-a7 ab ad-b9 bb-c1 c3 c7', modrm],
  ['a4 ac ba c2 c4-c6', modrm | byte],
  ['c8-cf', none],
  ['d0-ff', modrm],
])

/** Opcodes of the same map under VEX and EVEX: all have operands, but for `vzeroupper`. */
export const VEX_TWO_BYTE = shapes([
  ['10-76 78-c1 c3 c7-ff', modrm],
  ['70-73 c2 c4-c6', modrm | byte],
  ['77', none],
])

function shapes(rows: ReadonlyArray<readonly [opcodes: string, shape: number]>): Uint8Array {
  const table = new Uint8Array(256).fill(invalid)
  for (const [opcodes, shape] of rows) {
    for (const range of opcodes.split(' ')) {
      const [first, last = first] = range.split('-').map((hex) => Number.parseInt(hex, 16))
      table.fill(shape, first, last! + 1)
    }
  }
  return table
}
