import assert from 'node:assert/strict'
import { test } from 'node:test'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { hasCommand } from '../testing/bpf-test.ts'
import { goObjdump, objdumpText } from '../testing/disassembly.ts'
import { functionOf, Hotcall } from '../testing/hotcall.ts'
import type { Machine } from './instruction-set.ts'
import { findProbeSite } from './probe-site.ts'
import { findReturns, instructionLength } from './returns.ts'

const skipGo = hasCommand('go', 'version') ? false : 'go is not installed'
const skipC =
  ['gcc', 'readelf', 'objdump'].find((name) => !hasCommand(name)) ??
  (process.arch === 'x64' ? undefined : 'an x86-64 gcc')
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
/** Words of arm64 as a disassembler writes them. */
const words = (hex: string) => new Uint8Array(Buffer.from(bytes(hex)).swap32())

test('prologues of Go and C', () => {
  const check = (machine: Machine, code: Uint8Array, expected: string) => {
    const { value, diagnostics } = findProbeSite(code, machine)
    assert.deepEqual(diagnostics, [])
    assert.equal(
      `${value?.place} ${value?.offset} ${value?.trap}`,
      expected,
      Buffer.from(code).toString('hex'),
    )
  }
  const x86 = (hex: string, expected: string) => check('x86-64', bytes(hex), expected)
  // Go 1.21 and later: small frame, larger frame, very large frame, no check.
  x86('493b6610 7620 55 4889e5 4883ec10', 'frame 6 emulated')
  x86('493b6610 0f868c000000 55 4889e5', 'frame 10 emulated')
  x86('4c8d6424f0 4d3b6610 766b 55 4889e5', 'frame 11 emulated')
  x86('4989e4 4981ec880f0000 7250 4d3b6610 764a 55 4889e5', 'frame 18 emulated')
  x86('55 4889e5 4883ec10', 'frame 0 emulated')
  // Functions of assembly fetch g first.
  x86('644c8b3425f8ffffff 493b6610 7645 55 4889e5', 'frame 15 emulated')
  // A very large frame whose second part of the check is missing is none we know.
  x86('4989e4 4981ec880f0000 55', 'entry 0 stepped')
  // Go 1.20 keeps the frame pointer below the frame; before 1.17 g comes through RCX.
  x86('493b6610 7631 4883ec18 48896c2410', 'body 6 stepped')
  x86('64488b0c25f8ffffff 483b6110 7631 4883ec18', 'body 15 stepped')
  // A leaf without a frame; a compare of its own.
  x86('488d0440 488d4001 c3', 'entry 0 stepped')
  x86('4839c3 7605 4889d8 c3 c3', 'entry 0 stepped')
  // C: with a landing pad and a frame pointer; with other registers saved first; RCX is an argument there.
  x86('f30f1efa 55 4889e5 c3', 'frame 4 emulated')
  x86('f30f1efa 4157 4156 c3', 'entry 0 stepped')
  x86('4157 4156 c3', 'entry 0 emulated')
  x86('488b0d00000000 55 c3', 'entry 0 stepped')

  const arm64 = (hex: string, expected: string) => check('arm64', words(hex), expected)
  arm64('f9400b90 eb3063ff 540004c9 f81a0ffe f81f83fd d10023fd', 'frame 12 stepped')
  arm64('f9400b90 d10083f1 eb10023f 54000349 f8160ffe', 'frame 16 stepped')
  arm64('f9400b90 d10783f1 eb10023f 54001ce9 d10983f4 a93ffa9d', 'frame 16 stepped')
  arm64('8b000401 91000420 d65f03c0', 'entry 0 stepped')
  // C with a landing pad: bti c; stp x29, x30, [sp, #-16]!
  arm64('d503245f a9bf7bfd 910003fd', 'frame 4 stepped')
  arm64('14000004 d503201f', 'entry 0 emulated')
})

test('code that cannot be read is told, with its place', () => {
  const check = (hex: string, place: string | undefined, ...expected: string[]) => {
    const { value, diagnostics } = findProbeSite(bytes(hex), 'x86-64')
    assert.equal(value?.place, place)
    assert.deepEqual(
      diagnostics.map(({ code, severity, range }) => `${code} ${severity} ${range?.start}`),
      expected,
    )
  }
  check('', undefined, 'INS002 error 0')
  check('06 55', undefined, 'INS001 error 0')
  check('493b', undefined, 'INS002 error 0')
  check('493b6610 76', 'entry', 'INS002 warning 4')
  check('493b6610 7620 06', 'entry', 'INS001 warning 6')
  const returns = findReturns(bytes('c3 06'), 'x86-64')
  assert.equal(returns.value, undefined)
  assert.match(returns.diagnostics[0]!.message, /no known instruction at \+0x1: 06/)
  assert.equal(findReturns(words('d65f03c0').subarray(0, 3), 'arm64').diagnostics[0]!.code, 'INS002')
  assert.equal(findReturns(new Uint8Array((16 << 20) + 1), 'arm64').diagnostics[0]!.code, 'INS003')
})

test('returns of every form, not those within other instructions; jumps to other functions', () => {
  const check = (machine: Machine, code: Uint8Array, returns: number[], jumpsAt: number[] = []) => {
    const { value, diagnostics } = findReturns(code, machine)
    assert.deepEqual(value, returns)
    assert.deepEqual(
      diagnostics.map(({ range }) => range?.start),
      jumpsAt,
    )
  }
  check('x86-64', bytes('b8c3c3c3c3 c3 f3c3 c20800 f2c3 cc'), [5, 6, 8, 11])
  check('x86-64', bytes('90 e9faffffff eb01 eb00 eb00'), [], [10])
  check('x86-64', bytes('90 e9f9ffffff eb7f c3'), [8], [1, 6])
  check('arm64', words('d65f03c0 d65f0bff d65f0fff d61f0000 d65f0000'), [0, 4, 8, 16])
  check('arm64', words('14000001 17ffffff 17fffffd 14000001'), [], [8, 12])
})

for (const [machine, goarch, wordBytes, frame, ret] of [
  ['x86-64', 'amd64', 1, /^PUSHQ BP$/, /^RET\b/],
  ['arm64', 'arm64', 4, /^(?:MOVD\.W R30, |STP\.W \(R29, R30\)|SUB .*RSP, R20$)/, /^RET\b/],
] as const)
  test(
    `${machine}: in every function of a Go program, the place and the returns are those of go tool objdump`,
    { skip: skipGo },
    () => {
      using hotcall = new Hotcall({ GOARCH: goarch, CGO_ENABLED: '0' })
      let framed = 0
      const functions = goObjdump(hotcall.program, wordBytes)
      for (const { name, code, lines } of functions) {
        const { value, diagnostics } = findProbeSite(code, machine)
        assert.deepEqual(diagnostics, [], name)
        // Behind the first ten it is no prologue.
        const saved = lines.slice(0, 10).find(({ text }) => frame.test(text))
        if (saved === undefined) assert.notEqual(value?.place, 'frame', name)
        else {
          framed++
          assert.deepEqual([value?.place, value?.offset], ['frame', saved.address], name)
          if (machine === 'x86-64') assert.equal(value?.trap, 'emulated', name)
        }
        // Its disassembler does not know AVX and shows what is within; there objdump is asked (decode.test.ts).
        if (
          lines.some(({ text }) => text.startsWith('?') || /^(?:LDS|LES)/.test(text)) &&
          machine === 'x86-64'
        )
          continue
        assert.deepEqual(
          findReturns(code, machine).value,
          lines.filter(({ text }) => ret.test(text)).map(({ address }) => address),
          name,
        )
      }
      assert.ok(framed > 1000 && functions.length > framed, `${framed} of ${functions.length} functions`)
    },
  )

test('functions of C: the returns are those objdump shows', { skip: skipC }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-c-'))
  try {
    const source = join(folder, 'several.c')
    const program = join(folder, 'several')
    writeFileSync(
      source,
      `#include <stdlib.h>
       __attribute__((noinline)) int several(int n, char **v) {
         if (n > 5) return atoi(v[1]) + 1; if (n > 3) return n * 7; if (n == 2) abort();
         for (int i = 0; i < n; i++) if (v[i][0] == 'x') return i;
         return -1;
       }
       int main(int n, char **v) { return several(n, v); }`,
    )
    for (const flags of [
      ['-O2'],
      ['-O0'],
      ['-O2', '-fno-omit-frame-pointer'],
      ['-O3', '-fcf-protection=full'],
    ]) {
      execFileSync('gcc', [...flags, '-o', program, source])
      const { code, address } = functionOf(program, 'several')
      const shown = objdumpText(program, 1 << 20).lines.filter(
        (line) =>
          line.address >= address && line.address < address + code.length && /^(?:repz )?ret/.test(line.text),
      )
      assert.ok(shown.length > 0)
      assert.deepEqual(
        findReturns(code, 'x86-64').value,
        shown.map((line) => line.address - address),
      )
      const { value } = findProbeSite(code, 'x86-64')
      if (flags.includes('-O0') || (flags.length === 2 && flags[1]!.includes('frame')))
        assert.equal(value?.place, 'frame')
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('any bytes: an answer, within the code, in a bounded number of steps', () => {
  const machine = fc.constantFrom<Machine>('x86-64', 'arm64')
  fc.assert(
    fc.property(machine, fc.uint8Array({ maxLength: 200 }), fc.nat(220), (kind, code, at) => {
      const { value, diagnostics } = findProbeSite(code, kind)
      if (value === undefined) assert.equal(diagnostics[0]?.severity, 'error')
      else assert.ok(instructionLength(code, value.offset, kind) !== undefined)
      const returns = findReturns(code, kind)
      assert.equal(returns.value === undefined, returns.diagnostics[0]?.severity === 'error')
      for (const offset of returns.value ?? []) assert.ok(offset < code.length)
      const length = instructionLength(code, at, kind)
      assert.ok(length === undefined || (length >= 1 && length <= 15 && at + length <= code.length))
    }),
    { seed: 4, numRuns: 3000 },
  )
})
