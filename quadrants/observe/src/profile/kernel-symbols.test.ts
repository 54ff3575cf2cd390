import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { kernelFunctionAt, parseKallsyms } from './kernel-symbols.ts'
import { kernelAddressAt } from './stack-record.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

/** As it comes out of a stack. */
function address(hex: string): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, BigInt(`0x${hex}`), true)
  return kernelAddressAt(view, 0)
}

const own = readFileSync('/proc/kallsyms', 'latin1')
const isHidden = !/^(?!0+ )/m.test(own)

test("this kernel's functions", { skip: isHidden && 'kernel.kptr_restrict hides them' }, () => {
  const { value, diagnostics } = parseKallsyms(bytes(own))
  assert.deepEqual(diagnostics, [])
  for (const name of ['do_syscall_64', 'schedule', 'vfs_read']) {
    const line = new RegExp(`^([0-9a-f]+) [tT] ${name}$`, 'm').exec(own)
    if (line === null) continue
    assert.deepEqual(kernelFunctionAt(value!, address(line[1]!) + 1), { name, module: '[kernel]' })
  }
})

test('addresses are told apart to the byte, modules by their name', () => {
  const { value } = parseKallsyms(
    bytes(
      'ffffffff81000000 T start\nffffffff81000001 t next\nffffffff81000009 D data\nffffffffc0000000 t f\t[nf_tables]\nffff800080000000 W arm\n',
    ),
  )
  const at = (hex: string) => kernelFunctionAt(value!, address(hex))
  assert.deepEqual(at('ffffffff81000000'), { name: 'start', module: '[kernel]' })
  assert.deepEqual(at('ffffffff81000001'), { name: 'next', module: '[kernel]' })
  assert.deepEqual(at('ffffffff81000009'), { name: 'next', module: '[kernel]' })
  assert.deepEqual(at('ffffffffc0000010'), { name: 'f', module: '[nf_tables]' })
  assert.deepEqual(at('ffff800080000000'), { name: 'arm', module: '[kernel]' })
  assert.equal(at('ffff7fffffffffff'), undefined)
})

test('hidden addresses are no functions', () => {
  assert.equal(parseKallsyms(bytes('0000000000000000 T a\n0000000000000000 T b\n')).value, undefined)
  assert.equal(parseKallsyms(bytes('')).value, undefined)
})

test('any bytes', () => {
  const line = fc
    .tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom('T', 't', 'D', '?'), fc.string())
    .map(([at, kind, name]) => `${at.toString(16).padStart(16, '0')} ${kind} ${name}`)
  const text = fc.array(fc.oneof(line, fc.string())).map((lines) => bytes(lines.join('\n')))
  fc.assert(
    fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 500 })), (content) => {
      const { value, diagnostics } = parseKallsyms(content)
      assert.ok(diagnostics.length <= 8)
      for (const each of value?.addresses ?? []) {
        assert.ok(each <= 0)
        assert.ok(kernelFunctionAt(value!, each) !== undefined)
      }
    }),
    { seed: 4, numRuns: 500 },
  )
})
