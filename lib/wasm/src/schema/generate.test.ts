// Values cross between Go on the processor, Go in the host and TypeScript, and Cap'n Proto's own tool reads them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { capnp, NO_CAPNP } from '../testing/capnp.ts'
import { NEEDS_GO } from '../testing/go-guest.ts'
import { answersOfGo, generateKinds, importGenerated, KINDS_FOLDER, kindsValue } from '../testing/kinds.ts'
import { generateSchema } from './generate.ts'
import { MessageError } from './message/message-error.ts'

interface GeneratedKinds {
  readonly Kinds: { read(bytes: Uint8Array): { $value(): unknown } }
  readonly writeKinds: (value: unknown) => Uint8Array
}

const RUNS = process.env['QUADRANT_E2E'] === 'full' ? 3000 : 300
const files = generateKinds()
const { Kinds, writeKinds } = await importGenerated<GeneratedKinds>(files.get('kinds.ts')!)
const values = fc.sample(kindsValue, { numRuns: RUNS, seed: 6 })

/** As plain data: typed arrays and floats compare by their bits then. */
const plain = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === 'bigint') return `${each}n`
    if (each instanceof Uint8Array) return Buffer.from(each).toString('hex')
    if (typeof each === 'number' && !Number.isFinite(each)) return String(each)
    return Object.is(each, -0) ? '-0' : each
  })

/** Without the whole of both in the message. */
function same(actual: unknown, expected: unknown): void {
  const [is, was] = [plain(actual), plain(expected)]
  const at = [...is].findIndex((character, index) => character !== was[index])
  assert.ok(is === was, `…${is.slice(at - 20, at + 40)}… is not …${was.slice(at - 20, at + 40)}…`)
}

test('what is generated is what lies in the repository', () => {
  for (const name of ['kinds_capnp.go', 'capnp_runtime.go'])
    assert.equal(readFileSync(join(KINDS_FOLDER, name), 'utf8'), files.get(name), name)
})

test(
  'every kind of Go comes back from Go on the processor and in the host, in the same bytes',
  NEEDS_GO,
  async () => {
    const messages = values.map((value) => writeKinds(value))
    for (const [index, message] of messages.entries()) same(Kinds.read(message).$value(), values[index])
    const { native, wasm } = await answersOfGo(messages)
    assert.deepEqual([native.length, wasm.length], [RUNS, RUNS])
    for (const [index, message] of messages.entries()) {
      assert.deepEqual([native[index]!.error, wasm[index]!.error], ['', ''])
      assert.ok(native[index]!.message!.equals(message), `value ${index} is the same bytes of Go`)
      assert.ok(wasm[index]!.message!.equals(message), `value ${index} is the same bytes of Go in the host`)
    }
  },
)

test(
  "Cap'n Proto's own tool reads what is written, and the shorter structs that it writes are read",
  { skip: NO_CAPNP },
  () => {
    const schema = { 'kinds.capnp': files.get('kinds.capnp')! }
    for (const value of values.slice(0, 40)) {
      const canonical = capnp(
        ['convert', 'binary:canonical', 'kinds.capnp', 'Kinds'],
        schema,
        writeKinds(value),
      )
      const framed = new Uint8Array(8 + canonical.length)
      new DataView(framed.buffer).setUint32(4, canonical.length / 8, true)
      framed.set(canonical, 8)
      same(Kinds.read(framed).$value(), value)
    }
  },
)

test(
  'whatever bytes a message has, it is read or refused, alike by Go and TypeScript',
  NEEDS_GO,
  async () => {
    const originals = values.slice(0, 50).map((value) => writeKinds(value))
    const change = fc.record({ place: fc.nat(), value: fc.nat(255) })
    const hostile = fc
      .sample(
        fc.tuple(fc.nat(originals.length - 1), fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(9)),
        {
          numRuns: RUNS * 10,
          seed: 7,
        },
      )
      .map(([original, changes, cut]) => {
        const bytes = originals[original]!.slice()
        for (const { place, value } of changes) bytes[8 + (place % (bytes.length - 8))] = value
        return cut === 0 ? bytes.slice(0, Math.floor(bytes.length / 2)) : bytes
      })
    const { native, wasm } = await answersOfGo(hostile)
    let refused = 0
    for (const [index, message] of hostile.entries()) {
      let value: unknown
      let error: unknown
      try {
        value = Kinds.read(message).$value()
      } catch (thrown) {
        error = thrown
      }
      assert.ok(error === undefined || error instanceof MessageError, String(error))
      if (error !== undefined) refused++
      assert.equal(native[index]!.error, wasm[index]!.error)
      // Arrays of Go have a length, which a list may be longer than.
      const goError = native[index]!.error
      if (/for an array of/.test(goError)) continue
      assert.equal(goError === '', error === undefined, `${goError} and ${String(error)}`)
      if (error === undefined) assert.ok(value !== undefined)
    }
    assert.ok(
      refused > hostile.length / 10 && refused < hostile.length,
      `${refused} of ${hostile.length} refused`,
    )
  },
)

test('what no reader would read is not written: it is too deep, or has no end', () => {
  const cyclic: Record<string, unknown> = { ...values[0] }
  cyclic['next'] = cyclic
  assert.throws(() => writeKinds(cyclic), { name: 'MessageError', code: 'depth' })
})

test('names that would be one in generated code are refused', () => {
  for (const [file, source] of [
    ['a.go', 'package p\ntype Order struct{ A int }\ntype OrderValue struct{ B int }'],
    ['a.go', 'package p\ntype MessageReader struct{ A int }'],
    ['a.capnp', '@0xdbb9ad1f14bf0b36;\nstruct A { struct B {} }\nstruct AB {}'],
    ['a.capnp', '@0xdbb9ad1f14bf0b36;\nstruct A { bC @0 :Int8; b :group { c @1 :Int8; } }'],
  ] as const) {
    const { value, diagnostics } = generateSchema(source, file, { languages: ['go', 'ts'] })
    assert.equal(value, undefined)
    assert.equal(diagnostics[0]!.code, 'SCHEMA002')
  }
})
