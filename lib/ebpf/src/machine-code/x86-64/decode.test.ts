import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { hasCommand } from '../../testing/bpf-test.ts'
import { type DisassembledCode, objdumpText } from '../../testing/disassembly.ts'
import { Hotcall } from '../../testing/hotcall.ts'
import { TRUNCATED, UNKNOWN } from '../no-instruction.ts'
import { decodeX86, INSTRUCTION_BYTES_MAX, x86Instruction } from './decode.ts'

const instruction = x86Instruction()
const NEEDS_X86 = process.arch === 'x64' ? false : 'the libraries here are another machine’s'
const missing = (...commands: string[]) => {
  const name = commands.find((command) => !hasCommand(command, command === 'go' ? 'version' : undefined))
  return name === undefined ? false : `${name} is not installed`
}

function lengthOf(hex: string): number {
  return decodeX86(new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex')), 0, instruction)
}

test('lengths of one of each form', () => {
  const check = (hex: string, expected: number) =>
    assert.equal(lengthOf(`${hex} ${'cc'.repeat(15)}`), expected, hex)
  check('55', 1) // push rbp
  check('49 3b 66 10', 4) // cmp rsp, 16(r14)
  check('4c 8d a4 24 78 ff ff ff', 8) // lea r12, -136(rsp)
  check('64 48 8b 0c 25 f8 ff ff ff', 9) // mov rcx, fs:-8
  check('48 8b 05 00 00 00 00', 7) // mov rax, 0(rip)
  check('48 b8 00 00 00 00 00 00 00 00', 10) // movabs
  check('66 b8 00 00', 4) // mov ax, n
  check('66 48 c7 00 00 00 00 00', 8) // REX.W wins over 66
  check('48 66 b8 00 00', 5) // a REX before a prefix is no REX
  check('48 a1 00 00 00 00 00 00 00 00', 10)
  check('67 a1 00 00 00 00', 6)
  check('c8 00 00 00', 4) // enter
  check('c2 08 00', 3) // ret 8
  check('f6 00 00', 3) // test byte (rax), n
  check('f6 10', 2) // not byte (rax)
  check('66 f7 c0 00 00', 5) // test ax, n
  check('66 e8 00 00 00 00', 6) // call: always four bytes
  check('0f 84 00 00 00 00', 6)
  check('f3 0f 1e fa', 4) // endbr64
  check('66 2e 0f 1f 84 00 00 00 00 00', 10) // nopw
  check('0f 20 04', 3) // mov to a control register reads registers only, whatever ModRM says
  check('0f 38 00 04 24', 5)
  check('66 0f 3a 0f c1 08', 6) // palignr
  check('66 0f 78 c0 01 02', 6) // extrq
  check('c5 f8 77', 3) // vzeroupper
  check('c5 fd 6f 44 24 20', 6) // vmovdqa
  check('c4 e3 7d 39 c1 01', 6) // vextracti128
  check('c4 e2 79 18 05 00 00 00 00', 9) // vbroadcastss 0(rip)
  check('62 f1 fd 48 6f 44 24 01', 8) // vmovdqa64 with a compressed displacement
  check('62 f3 75 48 25 c2 ff', 7) // vpternlogd
  check('8f e9 78 e1 c1', 5) // XOP
  check('8f 04 24', 3) // pop (rsp)
})

test('what is no instruction, and what is cut off', () => {
  for (const hex of [
    '06',
    '60',
    '82 00 00',
    '9a',
    'c5',
    'd5 00 00',
    'f0 c5 f8 77',
    '62 f8 00 00 00 00',
    'ff ff',
  ])
    assert.equal(
      lengthOf(`${hex} ${hex.startsWith('c5') ? '' : 'cc'.repeat(15)}`),
      hex === 'c5' ? TRUNCATED : UNKNOWN,
      hex,
    )
  for (const hex of [
    '',
    '48',
    '0f',
    '0f 38',
    '48 8d',
    '48 8d 04',
    'c4 e2',
    '62 f1 fd',
    'e8 00 00 00',
    '66 66 66 66',
  ])
    assert.equal(lengthOf(hex), TRUNCATED, hex)
  assert.equal(lengthOf('66'.repeat(15)), UNKNOWN)
  assert.equal(lengthOf(`${'66'.repeat(14)}90`), 15)
  assert.equal(lengthOf(`${'66'.repeat(15)}90`), UNKNOWN)
})

/** How a disassembler writes what is no instruction by itself: data, prefixes before what they don't belong to. */
const NO_INSTRUCTION =
  /\(bad\)|\.byte|\brex\b|^(?:data16|addr32|lock|repn?z|[c-g]s|ss) *$|^addr32|^jmpw|^callw/
/** `fwait` and the instruction behind it are shown as one. */
const FWAIT = 0x9b

/** Holds each instruction against the distance to the next line. Returns how many were compared. */
function compare({ address, code, lines }: DisassembledCode, whose: string): number {
  let compared = 0
  const differences: string[] = []
  for (let i = 0; i + 1 < lines.length; i++) {
    const { address: from, text } = lines[i]!
    const at = from - address
    const length = lines[i + 1]!.address - from
    if (code[at] === FWAIT || NO_INSTRUCTION.test(text)) continue
    compared++
    const ours = decodeX86(code, at, instruction)
    if (ours !== length) differences.push(`${from.toString(16)} ${text}: ${ours}, objdump ${length}`)
  }
  assert.deepEqual(differences, [], whose)
  return compared
}

test(
  'every instruction of a Go program is as long as objdump says',
  { skip: missing('go', 'objdump', 'readelf') || NEEDS_X86 },
  () => {
    using hotcall = new Hotcall()
    const text = objdumpText(hotcall.program, 2 << 20)
    assert.ok(compare(text, 'hotcall') > 100_000)
    // And from its first byte to its last without a gap: Go's text has no data in it.
    let at = 0
    const { code, address, lines } = text
    const starts = new Set(lines.map((line) => line.address - address))
    while (at < code.length) {
      assert.ok(starts.has(at), `at 0x${(at + address).toString(16)}`)
      const length = decodeX86(code, at, instruction)
      assert.ok(length > 0)
      at += length
    }
  },
)

// Compilers' code with every extension they choose at run time, and hand-written AVX-512.
for (const path of [
  '/usr/lib/x86_64-linux-gnu/libc.so.6',
  '/usr/lib/x86_64-linux-gnu/libcrypto.so.3',
  '/lib64/libc.so.6',
  '/lib64/libcrypto.so.3',
])
  test(
    `every instruction of ${path} is as long as objdump says`,
    {
      skip:
        missing('objdump', 'readelf') || NEEDS_X86 || (existsSync(path) ? false : 'there is no such file'),
    },
    () => {
      assert.ok(compare(objdumpText(path, 1 << 20), path) > 50_000)
    },
  )

test('any bytes: a length of 1 to 15, TRUNCATED or UNKNOWN; what is cut is TRUNCATED, what follows does not matter', () => {
  const prefix = fc.constantFrom(0x66, 0x67, 0xf2, 0xf3, 0x48, 0x4f, 0x0f, 0xc4, 0xc5, 0x62, 0x8f)
  const bytes = fc
    .tuple(fc.array(prefix, { maxLength: 4 }), fc.uint8Array({ minLength: 0, maxLength: 24 }))
    .map(([prefixes, rest]) => Uint8Array.from([...prefixes, ...rest]))
  fc.assert(
    fc.property(bytes, fc.nat(30), (code, at) => {
      const length = decodeX86(code, at, instruction)
      assert.ok(Number.isInteger(length) && length >= UNKNOWN && length <= INSTRUCTION_BYTES_MAX)
      if (length === TRUNCATED) assert.ok(code.length - at < INSTRUCTION_BYTES_MAX)
      if (length <= 0) return
      assert.ok(at + length <= code.length)
      assert.equal(decodeX86(code.subarray(0, at + length), at, instruction), length)
      for (let cut = 0; cut < length; cut++)
        assert.equal(decodeX86(code.subarray(0, at + cut), at, instruction), TRUNCATED)
    }),
    { seed: 4, numRuns: 3000 },
  )
})
