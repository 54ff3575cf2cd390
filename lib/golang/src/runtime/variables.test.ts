import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GoBinary } from '../go-binary.ts'
import { RUNTIME_RELEASES } from '../gen/runtime-tables.ts'
import { GoPrograms, TEST_TOOLCHAINS, VARIANTS, whyNot, type Variant } from '../testing/go-programs.ts'
import { RUNTIME_VARIABLES } from './field.ts'
import { runtimeLayout, type RuntimeLayout } from './layout.ts'
import { findRuntimeVariables } from './variables.ts'

const programs = new GoPrograms()

/** Of ways to build those that change the runtime's code. */
const KINDS: readonly Variant[] = [
  ...VARIANTS.filter(({ strip, name }) => !strip && name !== 'ldflags -s -w'),
  { name: 'without optimisation', args: ['-gcflags=all=-N -l'] },
  { name: 'arm64', architecture: 'arm64' },
  { name: 'arm64 pie', architecture: 'arm64', args: ['-buildmode=pie'] },
]

/** As strip(1) leaves it: the linker's sections are gone, too. */
function withoutSections(binary: GoBinary): GoBinary {
  return { ...binary, image: { ...binary.image, sections: [] } }
}

function layoutOf({ buildInfo, image }: GoBinary): RuntimeLayout {
  return runtimeLayout(buildInfo!.goVersion, image.architecture, { allowNewer: true })
}

for (const toolchain of TEST_TOOLCHAINS.filter((name) => !/^go1\.1\d\./.test(name)))
  for (const kind of KINDS)
    test(
      `the code of ${kind.name} by ${toolchain} tells where its symbols say that variables are`,
      { skip: whyNot(kind) },
      () => {
        const binary = programs.open(programs.build(kind, toolchain))
        const layout = layoutOf(binary)
        const bySymbol = findRuntimeVariables(binary, layout)
        const byCode = findRuntimeVariables(withoutSections(binary), layout)
        assert.deepEqual([...bySymbol.diagnostics, ...byCode.diagnostics], [])
        for (const variable of RUNTIME_VARIABLES) {
          assert.equal(bySymbol.value[variable]!.via, 'symbol')
          assert.deepEqual(byCode.value[variable], {
            address: bySymbol.value[variable]!.address,
            via: 'code',
          })
        }
      },
    )

test('without symbols and anchors each variable is told to be missing', { skip: whyNot(KINDS[0]!) }, () => {
  const binary = withoutSections(programs.open(programs.build(KINDS[0]!)))
  const layout = layoutOf(binary)
  // The releases before 1.20 have none.
  const { variables } = RUNTIME_RELEASES.find(({ minor }) => minor === 19)!
  const { value, diagnostics } = findRuntimeVariables(binary, { ...layout, variables })
  assert.deepEqual(value, {})
  assert.deepEqual(
    diagnostics.map(({ code, message }) => [code, message.split(':')[0]]),
    RUNTIME_VARIABLES.map((variable) => ['GORV001', variable]),
  )
})

test('symbols of another size or outside of the data are not believed', { skip: whyNot(KINDS[0]!) }, () => {
  const binary = programs.open(programs.build(KINDS[0]!))
  const layout = layoutOf(binary)
  const { address } = findRuntimeVariables(binary, layout).value.sched!
  const elsewhere: GoBinary = {
    ...binary,
    moduleData: { ...binary.moduleData, data: { start: address + 8, end: address + 16 } },
  }
  const { value, diagnostics } = findRuntimeVariables(elsewhere, layout)
  assert.deepEqual(value, {})
  assert.deepEqual(new Set(diagnostics.map(({ code }) => code)), new Set(['GORV001', 'GORV002']))
  const unknown: GoBinary = { ...binary, moduleData: { ...binary.moduleData, data: undefined } }
  assert.deepEqual(findRuntimeVariables(unknown, layout).value, {})
})
