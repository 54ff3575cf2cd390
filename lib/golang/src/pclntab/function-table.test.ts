import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GoPrograms, TEST_TOOLCHAINS, VARIANTS, whyNot, type Variant } from '../testing/go-programs.ts'
import { findFunctions } from './find-functions.ts'
import { functionAt, goFunction } from './function-name.ts'
import { functionIndexAt } from './function-table.ts'

const programs = new GoPrograms()

const ARM64: Variant = { name: 'arm64', architecture: 'arm64' }

/** The symbol table has generic instances by their whole name, the function table up to 1.20 does not. */
const plainName = (name: string) => name.replace(/\[.*\]/g, '[...]')

for (const toolchain of TEST_TOOLCHAINS)
  for (const variant of [...VARIANTS, ARM64])
    test(
      `functions of ${variant.name} by ${toolchain} are debug/gosym's and go tool nm's`,
      {
        skip: whyNot(variant),
      },
      () => {
        const program = programs.build(variant, toolchain)
        const twin = programs.unstripped(variant, toolchain)
        const { functions, moduleData } = programs.open(program)
        const ours = Array.from({ length: functions.header.functionCount }, (_, index) =>
          goFunction(functions, index),
        )
        // "ldflags -s -w" has no twin with symbols: its code is that of the plain one.
        const hasSymbols = variant.name !== 'ldflags -s -w'
        const truth = hasSymbols ? twin : programs.build(VARIANTS[0]!, toolchain)
        const lines = programs.truth(['functions', truth]).trimEnd().split('\n')
        assert.deepEqual(
          ours.map(({ entry, end, name }) => `${entry}\t${end}\t${name}`),
          lines,
        )

        const symbols = new Map<number, string[]>()
        for (const [, address, kind, name] of programs
          .go(['tool', 'nm', '-n', truth], '.', {})
          .matchAll(/^ *([0-9a-f]+) (\w) (.*)$/gm))
          if (kind === 'T' || kind === 't') {
            const at = Number.parseInt(address!, 16)
            symbols.set(at, [...(symbols.get(at) ?? []), plainName(name!).replace(/\.abi0$/, '')])
          }
        const unknown = ours.filter(({ entry, name }) => !symbols.get(entry)?.includes(plainName(name)))
        assert.deepEqual(
          // Without a symbol are entries that the linker makes itself, and equality of types local to a function.
          unknown.filter(({ name }) => !/^go[:.]|·/.test(name)),
          [],
        )
        assert.ok(ours.length > 1000)
        assert.ok(moduleData.text.start <= ours[0]!.entry && ours.at(-1)!.end <= moduleData.text.end)
      },
    )

test('a function is found by any address in it, and by its name', { skip: whyNot({ name: 'plain' }) }, () => {
  const { functions } = programs.open(programs.build(VARIANTS[0]!))
  const count = functions.header.functionCount
  for (let index = 0; index < count; index++) {
    const { entry, end } = goFunction(functions, index)
    for (const pc of [entry, (entry + end) >>> 1, end - 1])
      assert.equal(functionIndexAt(functions, pc), index)
  }
  const first = goFunction(functions, 0).entry
  const last = goFunction(functions, count - 1).end
  for (const pc of [0, first - 1, last, last + 4096, Number.NaN, -1, 2 ** 52])
    assert.equal(functionAt(functions, pc), undefined)

  const all = new Map<string, number[]>()
  for (let index = 0; index < count; index++) {
    const { name } = goFunction(functions, index)
    all.set(name, [...(all.get(name) ?? []), index])
  }
  const found = findFunctions(functions, [...all.keys(), 'runtime.gcStar', 'no.such', ''])
  assert.deepEqual(new Map([...found].map(([name, those]) => [name, those.map(({ index }) => index)])), all)
  assert.deepEqual(findFunctions(functions, []), new Map())
})
