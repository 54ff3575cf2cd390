import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { GoPrograms, whyNot, type Variant } from '../testing/go-programs.ts'
import { readRelocated, readRelocations, relocatedWord, relocationsTo } from './relocation.ts'
import { readWord, viewOf } from '../word.ts'

const programs = new GoPrograms()

const PIES: readonly Variant[] = [
  { name: 'pie', args: ['-buildmode=pie'] },
  { name: 'cgo pie', args: ['-buildmode=pie'], cgo: true },
]

const NO_READELF =
  spawnSync('readelf', ['--version'], { stdio: 'ignore' }).status === 0 ? false : 'no readelf'

for (const variant of PIES)
  test(
    `pointers that the dynamic linker writes into ${variant.name} are readelf's`,
    { skip: whyNot(variant) || NO_READELF },
    () => {
      const program = programs.build(variant)
      const { image } = programs.open(program)
      const truth = [
        ...execFileSync('readelf', ['-rW', program], { encoding: 'utf8', maxBuffer: 1 << 28 }).matchAll(
          /^([0-9a-f]{16}) +[0-9a-f]+ R_X86_64_RELATIVE +([0-9a-f]+)$/gm,
        ),
      ]
        .map(([, address, value]) => [Number.parseInt(address!, 16), Number.parseInt(value!, 16)] as const)
        .sort(([a], [b]) => a - b)
      assert.ok(truth.length > 5000)
      const pairs = (start: number, end: number) => {
        const { addresses, values } = readRelocations(image, start, end)
        return Array.from(addresses, (address, index) => [address, values[index]!])
      }
      assert.deepEqual(pairs(0, 2 ** 47), truth)
      for (let index = 0; index < truth.length; index += 487) {
        const [start] = truth[index]!
        const end = start + 512
        const there = truth.filter(([address]) => address >= start && address < end)
        assert.deepEqual(pairs(start, end), there)
        const bytes = viewOf(readRelocated(image, start, 8))
        assert.equal(readWord(bytes, 0), there[0]![1])
        assert.equal(relocatedWord(readRelocations(image, start, end), start), there[0]![1])
      }
      const addressesOf = Map.groupBy(truth, ([, value]) => value)
      // Of those that very many point to, it tells some.
      for (const [target, those] of [...addressesOf].filter(([, { length }]) => length <= 64).slice(0, 20))
        assert.deepEqual(
          relocationsTo(image, target).sort((a, b) => a - b),
          those.map(([address]) => address),
        )
      assert.deepEqual(pairs(1, 8), [])
      assert.equal(relocatedWord(readRelocations(image, 1, 8), 4), undefined)
    },
  )
