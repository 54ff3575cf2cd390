import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testSpec } from '../testing/bpf-test.ts'
import type { CStruct } from './value-codec.ts'
import { structCodec } from './struct-codec.ts'

const flowValue = {
  bytes: 0x0102030405060708n,
  packets: 42,
  flags: 0xff,
  comm: 'nginx',
  nested: { x: -5, y: -6n },
}

for (const object of ['map-kinds.bpf.o', 'map-kinds.big-endian.bpf.o'])
  test(`a struct is written and read back (${object})`, () => {
    const { btf, littleEndian } = testSpec(object)
    const codec = structCodec(btf, 'struct flow_value')
    const view = new DataView(new ArrayBuffer(codec.bytes + 8))
    codec.write(view, 8, flowValue)
    assert.deepEqual(codec.read(view, 8), flowValue)
    assert.equal(view.getUint32(8 + codec.offset('packets'), littleEndian), 42)
    assert.equal(view.getInt32(8 + codec.offset('nested.x'), littleEndian), -5)
    codec.write(view, 8, { packets: 43 })
    assert.deepEqual(codec.read(view, 8), { ...flowValue, packets: 43 })
  })

test('fields say where they are, anonymous ones as the parent’s own', () => {
  const { btf } = testSpec('relocations.target.bpf.o')
  const machine = structCodec(btf, 'struct machine')
  assert.deepEqual(
    machine.fields.map(({ name, offset, bytes }) => `${name} ${offset} ${bytes}`),
    // As `pahole` and the C compiler lay them out.
    [
      'padding 0 24',
      'name 24 8',
      'id 24 8',
      'parts 32 128',
      'count 160 8',
      'before 168 1',
      'mode 168 2',
      'wide 169 3',
      'color 172 4',
      'spare 176 8',
    ],
  )
  assert.equal(machine.bytes, 184)
  assert.equal(machine.offset('parts[3].size'), 32 + 3 * 16 + 8)
  assert.throws(() => machine.offset('parts[8]'), { code: 'not-found' })
  assert.throws(() => machine.offset('wheels'), { code: 'not-found' })
})

test('bit-fields keep to their bits', () => {
  const { btf } = testSpec('relocations.target.bpf.o')
  const machine = structCodec(btf, 'struct machine')
  const view = new DataView(new ArrayBuffer(machine.bytes))
  view.setUint32(168, 0xffffffff, true)
  machine.write(view, 0, { mode: -3, wide: 0x12345 })
  const { before, mode, wide } = machine.read(view, 0)
  assert.deepEqual({ before, mode, wide }, { before: -1, mode: -3, wide: 0x12345 })
  // before: bits 0 to 2, mode: 3 to 9, wide: 10 to 29; 30 and 31 belong to nobody.
  assert.equal(view.getUint32(168, true), (0b111 | ((-3 & 0x7f) << 3) | (0x12345 << 10) | (3 << 30)) >>> 0)
})

test('values that do not fit are refused', () => {
  const { btf } = testSpec('relocations.target.bpf.o')
  const machine = structCodec(btf, 'struct machine')
  const view = new DataView(new ArrayBuffer(machine.bytes))
  const misfits: CStruct[] = [{ parts: [] }, { padding: new Uint8Array(3) }, { padding: 'x' }, { id: 'x' }]
  for (const value of misfits)
    assert.throws(() => machine.write(view, 0, value), { code: 'argument' }, JSON.stringify(value))
})
