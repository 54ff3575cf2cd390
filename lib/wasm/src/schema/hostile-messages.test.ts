// Messages as no writer makes them, each built for one attack (capnproto.org/encoding.html: security considerations).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NEEDS_GO } from '../testing/go-guest.ts'
import { answersOfGo, generateKinds, importGenerated } from '../testing/kinds.ts'
import { layOut } from './layout.ts'
import { MessageError } from './message/message-error.ts'
import { parseSchema } from './parse-schema.ts'

const files = generateKinds()
const { Kinds } = await importGenerated<{ Kinds: { read(bytes: Uint8Array): { $value(): unknown } } }>(
  files.get('kinds.ts')!,
)
const { structs } = layOut(parseSchema(files.get('kinds.capnp')!, 'kinds.capnp').value!).value!
const { dataWords, pointerCount, fields } = structs.find(({ name }) => name === 'Kinds')!
/** Words of the root: behind them lies what a case adds. */
const ROOT = 1 + dataWords + pointerCount
const FAR = 2
const CAPABILITY = 3
const ONE_BYTE = 2
const POINTERS = 6
const COMPOSITE = 7

/** The word of the segment that the pointer of a field is. */
const pointerOf = (field: string): number => 1 + dataWords + fields.find(({ name }) => name === field)!.offset

const structPointer = (from: number, to: number, data: number, pointers: number): bigint =>
  (BigInt((pointers << 16) | data) << 32n) | BigInt(((to - from - 1) << 2) >>> 0)

const listPointer = (from: number, to: number, size: number, count: number): bigint =>
  (BigInt(((count << 3) | size) >>> 0) << 32n) | BigInt((((to - from - 1) << 2) | 1) >>> 0)

/** A message of these words, with a root of `Kinds` before them. */
function message(pointers: Readonly<Record<number, bigint>>, behind: readonly bigint[] = []): Uint8Array {
  const words = [structPointer(0, 1, dataWords, pointerCount)]
  for (let at = 1; at < ROOT; at++) words.push(0n)
  words.push(...behind)
  for (const [at, pointer] of Object.entries(pointers)) words[Number(at)] = pointer
  const bytes = new Uint8Array(8 + words.length * 8)
  const view = new DataView(bytes.buffer)
  view.setUint32(4, words.length, true)
  for (const [at, word] of words.entries()) view.setBigUint64(8 + at * 8, word, true)
  return bytes
}

const at = (field: string, pointer: (from: number) => bigint, behind: readonly bigint[] = []): Uint8Array =>
  message({ [pointerOf(field)]: pointer(pointerOf(field)) }, behind)

const framed = (segments: number, words: number): Uint8Array => {
  const bytes = at('next', () => 0n)
  new DataView(bytes.buffer).setUint32(0, segments, true)
  new DataView(bytes.buffer).setUint32(4, words, true)
  return bytes
}

/** `matrix` with every list of it in the same place: a message of 8 KB that would be 64 MB of numbers. */
const manyTimesTheSame = at('matrix', (from) => listPointer(from, ROOT, POINTERS, 10_000), [
  ...Array.from({ length: 10_000 }, (_, index) => listPointer(ROOT + index, ROOT + 10_000, 5, 1000)),
  ...Array.from({ length: 1000 }, () => 0n),
])

const REFUSED: readonly (readonly [string, MessageError['code'], Uint8Array])[] = [
  ['several segments', 'framing', framed(1, 1)],
  ['a segment without words', 'framing', framed(0, 0)],
  ['a segment longer than the message', 'framing', framed(0, 0xffff_ffff)],
  ['nothing', 'framing', new Uint8Array()],
  [
    'a struct that holds itself',
    'depth',
    at('next', (from) => structPointer(from, 1, dataWords, pointerCount)),
  ],
  ['a struct before the segment', 'bounds', at('next', (from) => structPointer(from, -1, 1, 0))],
  ['a struct far before the segment', 'bounds', at('next', () => 0x0000_0001_8000_0000n)],
  ['a struct behind the segment', 'bounds', at('next', (from) => structPointer(from, ROOT, 1, 0))],
  [
    'a struct that ends behind the segment',
    'bounds',
    at('next', (from) => structPointer(from, ROOT - 1, 2, 0)),
  ],
  ['a text behind the segment', 'bounds', at('text', (from) => listPointer(from, ROOT, ONE_BYTE, 1))],
  ['a text of half a gigabyte', 'bounds', at('text', (from) => listPointer(from, 1, ONE_BYTE, 2 ** 29 - 1))],
  [
    'a list of more words than there are',
    'bounds',
    at('points', (from) => listPointer(from, 1, COMPOSITE, 2 ** 29 - 1)),
  ],
  [
    'more structs than words',
    'bounds',
    at('points', (from) => listPointer(from, ROOT, COMPOSITE, 1), [0x0000_0001_0000_0008n, 0n]),
  ],
  [
    'a list of structs whose tag is a list',
    'bounds',
    at('points', (from) => listPointer(from, ROOT, COMPOSITE, 1), [0x0000_0001_0000_0005n, 0n]),
  ],
  [
    'half a milliard structs without a size',
    'traversal',
    at('points', (from) => listPointer(from, ROOT, COMPOSITE, 0), [0x0000_0000_7fff_fffcn]),
  ],
  [
    'half a milliard texts without a size',
    'traversal',
    at('texts', (from) => listPointer(from, ROOT, 0, 2 ** 29 - 1)),
  ],
  ['the same list many times', 'traversal', manyTimesTheSame],
  ['a far pointer to a struct', 'bounds', at('next', () => BigInt(FAR))],
  ['a far pointer to a text', 'bounds', at('text', () => BigInt(FAR))],
  ['a far pointer to a list', 'bounds', at('ints', () => BigInt(FAR))],
  ['a capability', 'bounds', at('next', () => BigInt(CAPABILITY))],
  ['a struct where a list is', 'bounds', at('ints', (from) => structPointer(from, 1, 1, 0))],
  ['a list where a struct is', 'bounds', at('next', (from) => listPointer(from, 1, ONE_BYTE, 1))],
  ['a text of words', 'bounds', at('text', (from) => listPointer(from, 1, 5, 1))],
  ['words of bytes', 'bounds', at('ints', (from) => listPointer(from, 1, ONE_BYTE, 1))],
  ['bits of bytes', 'bounds', at('bools', (from) => listPointer(from, 1, ONE_BYTE, 1))],
  ['structs of bits', 'bounds', at('points', (from) => listPointer(from, 1, 1, 1))],
  ['texts of words', 'bounds', at('texts', (from) => listPointer(from, 1, 5, 1))],
  ['a text without NUL', 'text', at('text', (from) => listPointer(from, ROOT, ONE_BYTE, 1), [0x41n])],
  ['a text without a byte', 'text', at('text', (from) => listPointer(from, ROOT, ONE_BYTE, 0), [0n])],
  ['a text that is no UTF-8', 'text', at('text', (from) => listPointer(from, ROOT, ONE_BYTE, 2), [0xffn])],
  [
    'half of a surrogate pair',
    'text',
    at('text', (from) => listPointer(from, ROOT, ONE_BYTE, 4), [0x80a0edn]),
  ],
]

for (const [name, code, bytes] of REFUSED)
  test(`refused: ${name}`, () => {
    assert.throws(
      () => Kinds.read(bytes).$value(),
      (error) => error instanceof MessageError && error.code === code,
    )
  })

/** Structs written as numbers shorter than their fields, at the end of the message: no field fits into one. */
const SHORT = ([ONE_BYTE, 3] as const).map((size) =>
  at('points', (from) => listPointer(from, ROOT, size, 8 / (size - 1)), [0x0807_0605_0403_0201n]),
)

test('a field that begins in its struct and ends behind it is its default, whatever lies there', () => {
  for (const bytes of SHORT) {
    const memory = new Uint8Array(bytes.length + 64).fill(0xee)
    memory.set(bytes)
    for (const place of [bytes, memory]) {
      const { points } = Kinds.read(place).$value() as { points: readonly unknown[] }
      assert.ok(points.length > 0)
      for (const point of points) assert.deepEqual(point, { x: 0, y: 0 })
    }
  }
})

test('Go refuses the same, on the processor and in the host, and reads the same', NEEDS_GO, async () => {
  const { native, wasm } = await answersOfGo([...REFUSED.map(([, , bytes]) => bytes), ...SHORT])
  assert.equal(native.length, REFUSED.length + SHORT.length)
  for (const [index, [name]] of REFUSED.entries()) {
    assert.match(native[index]!.error, /^capnp: /, name)
    assert.equal(wasm[index]!.error, native[index]!.error, name)
  }
  for (const [index, bytes] of SHORT.entries()) {
    const { message, error } = native[REFUSED.length + index]!
    assert.equal(error, '')
    // Arrays of Go are never empty, so that not all of it is the same.
    const [ofGo, ours] = [message!, bytes].map((each) => Kinds.read(each).$value() as { points: unknown })
    assert.deepEqual(ofGo!.points, ours!.points)
  }
})
