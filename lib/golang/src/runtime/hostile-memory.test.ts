import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RUNTIME_VARIABLES } from './field.ts'
import { readGoFigures, type GoFigures } from './figures.ts'
import { runtimeLayout } from './layout.ts'
import type { ProcessMemory } from './memory.ts'
import type { RuntimeVariables } from './variables.ts'

const LAYOUTS = ['go1.20', 'go1.23.4', 'go1.26.0'].map((version) => runtimeLayout(version, 'amd64'))

/** Each variable has room for itself. */
const VARIABLES: RuntimeVariables = Object.fromEntries(
  RUNTIME_VARIABLES.map((name, index) => [name, { address: 0x10_0000 * (index + 1), via: 'code' }]),
)
const ALLP = VARIABLES.allp!.address

/** More than a host with 8192 processors takes, each with a struct of 12 KB. */
const READ_BYTES_MAX = 8192 * 16_384

function check(layout: (typeof LAYOUTS)[number], wordAt: (address: number) => bigint): GoFigures {
  let readBytes = 0
  const memory: ProcessMemory = {
    read(address, length) {
      readBytes += length
      assert.ok(address >= 0 && length >= 0)
      const bytes = new Uint8Array(length)
      const view = new DataView(bytes.buffer)
      for (let at = 0; at + 8 <= length; at += 8) view.setBigUint64(at, wordAt(address + at), true)
      return bytes
    },
  }
  const { value, diagnostics } = readGoFigures(memory, layout, VARIABLES, 0)
  assert.ok(readBytes <= READ_BYTES_MAX, `${readBytes} bytes`)
  assert.ok(diagnostics.length <= Object.keys(VARIABLES).length + 24)
  for (const [name, figure] of Object.entries(value))
    if (typeof figure === 'number') assert.ok(figure >= (name === 'gcPercent' ? -1 : 0), `${name}: ${figure}`)
  assert.ok(!(value.freedBytes! > value.allocatedBytes!))
  assert.ok(!(value.idleProcessorCount! > value.gomaxprocs!))
  return value
}

test('whatever memory holds, figures are such as can be true', () => {
  const word = fc.oneof(
    fc.bigInt(0n, 300n),
    fc.bigInt(0n, 2n ** 64n - 1n),
    fc.constantFrom(2n ** 31n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n, 0x20_0000n),
  )
  const words = fc.array(word, { minLength: 1, maxLength: 64 })
  fc.assert(
    fc.property(fc.nat(LAYOUTS.length - 1), words, fc.nat(63), (index, words, salt) => {
      check(LAYOUTS[index]!, (address) => words[((address / 8 + salt * (address >> 12)) % words.length) | 0]!)
    }),
    { seed: 8, numRuns: 200 },
  )
})

test('so many processors that none can be there are not followed; those that can, are read once', () => {
  const layout = LAYOUTS[2]!
  const start = 0x1000_0000
  const processor = 0x2000_0000
  const stride = 0x1_0000
  const memoryOf = (count: number) => (address: number) => {
    if (address === ALLP) return BigInt(start)
    if (address === ALLP + 8 || address === ALLP + 16) return BigInt(count)
    if (address >= start && address < start + count * 8)
      return BigInt(processor + ((address - start) / 8) * stride)
    return address >= processor && address % stride === 0 ? BigInt((address - processor) / stride) : 0n
  }
  assert.equal(check(layout, memoryOf(8192)).runnableCount, 0)
  assert.equal(check(layout, memoryOf(8193)).runnableCount, undefined)
  assert.equal(check(layout, memoryOf(0)).runnableCount, undefined)
})

test('memory that is not there leaves out what lies in it, and says so', () => {
  for (const layout of LAYOUTS) {
    const gone = readGoFigures({ read: () => new Uint8Array(0) }, layout, VARIABLES, 0)
    assert.deepEqual(gone.value, {})
    assert.deepEqual(new Set(gone.diagnostics.map(({ code }) => code)), new Set(['GOFG001', 'GOFG002']))
    const failing = readGoFigures(
      {
        read() {
          throw new Error('EIO')
        },
      },
      layout,
      {},
      0,
    )
    // Of no variable is known where it is: nothing is read.
    assert.deepEqual(failing.value, {})
    assert.deepEqual(
      failing.diagnostics.map(({ code }) => code),
      ['GOFG001'],
    )
  }
})
