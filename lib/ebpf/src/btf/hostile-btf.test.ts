import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeBtf, typeInfo } from '../testing/make-btf.ts'
import { Btf } from './btf.ts'
import { structCodec } from './struct-codec.ts'

// Small files made to cost much: each of these ends at once, or not before the night.

const INT = 1
const ARRAY = 3
const STRUCT = 4
const FLOAT = 16

test('a hundred thousand types of one name, each name at a place of its own', () => {
  const count = 100_000
  const words = Array.from({ length: count }, (_, index) => [1 + index * 2, typeInfo(FLOAT), 4]).flat()
  const btf = new Btf(makeBtf(words, `\0${'a\0'.repeat(count)}`))
  assert.equal(btf.idsOf('a').length, count)
})

test('names that share one long string', () => {
  const count = 100_000
  const words = Array.from({ length: count }, (_, index) => [1 + index, typeInfo(FLOAT), 4]).flat()
  const btf = new Btf(makeBtf(words, `\0${'a'.repeat(count)}\0`))
  assert.throws(() => btf.idsOf('a'), { code: 'btf', message: /too long/ })
})

test('structs of two members, each of which is such a struct', () => {
  const nested = (levels: number) => {
    const words = [1, typeInfo(INT), 4, 32]
    for (let level = 1; level <= levels; level++) {
      const name = level === levels ? 3 : 0
      words.push(name, typeInfo(STRUCT, 2), 4, 1, level, 0, 1, level, 0)
    }
    return structCodec(new Btf(makeBtf(words, '\0i\0s\0')), 'struct s')
  }
  assert.equal(nested(10).bytes, 4)
  assert.throws(() => nested(31), { code: 'limit' })
})

test('a struct within itself', () => {
  const btf = new Btf(makeBtf([1, typeInfo(STRUCT, 1), 4, 0, 1, 0], '\0s\0'))
  assert.throws(() => structCodec(btf, 'struct s'), { code: 'btf', message: /nested/ })
})

test('arrays larger than any memory, and than the struct they are in', () => {
  const words = [1, typeInfo(INT), 4, 32]
  for (let id = 1; id <= 3; id++) words.push(0, typeInfo(ARRAY), 0, id, 1, 0xffffffff)
  const member = (typeId: number) => [3, typeInfo(STRUCT, 1), 8, 1, typeId, 0]
  const btf = new Btf(makeBtf([...words, ...member(2)], '\0i\0s\0'))
  assert.throws(() => btf.sizeOf(4), { code: 'btf', message: /larger/ })
  assert.throws(() => structCodec(btf, 'struct s'), { code: 'btf', message: /outside/ })
})

test('a struct is not read beyond the view', () => {
  const btf = new Btf(makeBtf([1, typeInfo(INT), 4, 32, 3, typeInfo(STRUCT, 1), 8, 1, 1, 0], '\0i\0s\0'))
  const codec = structCodec(btf, 'struct s')
  const view = new DataView(new ArrayBuffer(8))
  assert.deepEqual(codec.read(view, 0), { i: 0 })
  for (const at of [1, -1, 9, NaN]) assert.throws(() => codec.read(view, at), { code: 'argument' })
  assert.throws(() => codec.write(view, 4, { i: 1 }), { code: 'argument' })
})
