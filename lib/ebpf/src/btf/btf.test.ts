import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseElf } from '../elf/elf-file.ts'
import { EbpfError } from '../error.ts'
import { bpftool, NEEDS_BPFTOOL, readTestObject, TESTDATA } from '../testing/bpf-test.ts'
import { mutated } from '../testing/mutated.ts'
import { Btf } from './btf.ts'
import { findNamedTypes } from './named-types.ts'
import type { BtfType } from './type.ts'

/** A type as `bpftool btf dump -j` tells it, as far as we compare. */
interface DumpedType {
  readonly id: number
  readonly kind: string
  readonly name: string
  readonly type_id?: number
  readonly ret_type_id?: number
  readonly size?: number
  readonly members?: ReadonlyArray<{
    name: string
    type_id: number
    bits_offset: number
    bitfield_size?: number
  }>
  readonly values?: ReadonlyArray<{ name: string; val: number }>
  readonly params?: ReadonlyArray<{ name: string; type_id: number }>
}

const VMLINUX = '/sys/kernel/btf/vmlinux'

function btfOf(object: string): Btf {
  return new Btf(parseElf(readTestObject(object)).sections.find(({ name }) => name === '.BTF')!.bytes)
}

function dump(path: string): readonly DumpedType[] {
  return (bpftool('btf', 'dump', 'file', path) as { types: DumpedType[] }).types
}

function compare(type: BtfType, dumped: DumpedType): void {
  assert.equal(type.kind.toUpperCase(), dumped.kind)
  assert.equal(type.name, dumped.name === '(anon)' ? '' : dumped.name)
  if ('typeId' in type) assert.equal(type.typeId, dumped.type_id)
  if ('returnId' in type) assert.equal(type.returnId, dumped.ret_type_id)
  if ('bytes' in type && dumped.size !== undefined) assert.equal(type.bytes, dumped.size)
  if ('members' in type)
    assert.deepEqual(
      type.members.map((m) => [m.name, m.typeId, m.offsetBits, m.bitfieldBits]),
      dumped.members!.map((m) => [anonymous(m.name), m.type_id, m.bits_offset, m.bitfield_size ?? 0]),
    )
  if ('parameters' in type)
    assert.deepEqual(
      type.parameters.map(({ name, typeId }) => [name, typeId]),
      dumped.params!.map(({ name, type_id }) => [anonymous(name), type_id]),
    )
  // bpftool prints values of enums as signed 32 bits whatever they are.
  if (type.kind === 'enum')
    assert.deepEqual(
      type.values.map(({ name, value }) => [name, Number(value) | 0]),
      dumped.values!.map(({ name, val }) => [name, val | 0]),
    )
}

function anonymous(name: string): string {
  return name === '(anon)' ? '' : name
}

for (const object of ['map-kinds.bpf.o', 'hooks.bpf.o', 'relocations.target.bpf.o'])
  test(`every type of ${object} is bpftool's`, NEEDS_BPFTOOL, () => {
    const btf = btfOf(object)
    const types = dump(join(TESTDATA, object))
    assert.equal(types.length, btf.typeCount - 1)
    for (const dumped of types) compare(btf.type(dumped.id), dumped)
  })

test('types of the running kernel are bpftool’s', NEEDS_BPFTOOL, () => {
  const bytes = readFileSync(VMLINUX)
  const btf = new Btf(bytes)
  const types = dump(VMLINUX)
  assert.equal(types.length, btf.typeCount - 1)
  // A prime step takes some of all kinds, and keeps the test short.
  for (let i = 0; i < types.length; i += 29) compare(btf.type(types[i]!.id), types[i]!)
  const names = ['task_struct', 'sock', 'btf_trace_sched_switch', 'bpf_iter_tcp', 'no such type']
  const found = findNamedTypes(bytes, names)
  for (const name of names)
    assert.deepEqual(
      found.get(name)!.map(({ id, kind }) => [id, kind.toUpperCase()]),
      types.filter((type) => type.name === name).map(({ id, kind }) => [id, kind]),
      name,
    )
})

test('both byte orders tell the same types', () => {
  const little = btfOf('map-kinds.bpf.o')
  const big = btfOf('map-kinds.big-endian.bpf.o')
  assert.equal(big.header.littleEndian, false)
  assert.equal(big.typeCount, little.typeCount)
  for (let id = 1; id < little.typeCount; id++) {
    const [a, b] = [little.type(id), big.type(id)]
    if (a.kind !== 'struct' && a.kind !== 'datasec') assert.deepEqual(b, a)
  }
})

test('sizes count through typedefs and arrays', () => {
  const btf = btfOf('map-kinds.bpf.o')
  assert.equal(btf.sizeOf(btf.find('struct flow_value').id), 48)
  assert.equal(btf.sizeOf(btf.find('__u16').id), 2)
  assert.equal(btf.sizeOf(btf.idsOf('label', 'var')[0]!), 8)
  assert.throws(() => btf.sizeOf(btf.idsOf('count', 'func')[0]!), { code: 'btf' })
  assert.throws(() => btf.find('struct missing'), { code: 'not-found' })
})

test('mutated BTF is read or refused, never more', () => {
  const originals = ['map-kinds.bpf.o', 'map-kinds.big-endian.bpf.o', 'hooks.bpf.o'].map(
    (object) => btfOf(object).bytes,
  )
  fc.assert(
    fc.property(mutated(originals), (bytes) => {
      try {
        const btf = new Btf(bytes)
        for (let id = 0; id < btf.typeCount; id++) btf.type(id)
        for (let id = 1; id < btf.typeCount; id += 7) btf.sizeOf(id)
        btf.idsOf('flow_key')
      } catch (error) {
        assert.ok(error instanceof EbpfError, String(error))
      }
    }),
    { seed: 2, numRuns: 800 },
  )
})
