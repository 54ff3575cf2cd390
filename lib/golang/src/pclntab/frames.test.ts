import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { GoPrograms, TEST_TOOLCHAINS, VARIANTS, whyNot, type Variant } from '../testing/go-programs.ts'
import { findFunctions } from './find-functions.ts'
import { framesAt } from './frames.ts'
import { functionAt } from './function-name.ts'
import { heldBytes, readThrough } from './function-table.ts'

const programs = new GoPrograms()

/** Each so many bytes of code is looked at; the whole of it, without cgo, is 800,000. */
const STRIDE = 7

/** As the runtime prints it since there are generic functions. */
const printedName = (name: string) => name.replace(/\[.*\]/g, '[...]')

for (const toolchain of TEST_TOOLCHAINS)
  for (const variant of VARIANTS.filter(({ name }) => name !== 'ldflags -s -w'))
    test(
      `calls at each address of ${variant.name} by ${toolchain} are those its own runtime tells`,
      {
        skip: whyNot(variant),
      },
      () => {
        const program = programs.build(variant, toolchain)
        const { functions, version } = programs.open(program)
        // Before 1.24, of one address what was inlined there is told without the calls around it.
        const tellsCallers = version!.minor >= 24
        const nameOf = version!.minor >= 18 ? printedName : (name: string) => name
        const main = findFunctions(functions, ['main.main']).get('main.main')![0]!.entry
        const lines = execFileSync(program, ['symbolize', String(STRIDE)], {
          encoding: 'utf8',
          maxBuffer: 1 << 28,
        })
        let inlinedCount = 0
        let count = 0
        for (const line of lines.trimEnd().split('\n')) {
          // Between functions the runtime has no line: `?|0`.
          const [offset, ...calls] = line.replaceAll('|?|0', '||0').split('\t')
          const frames = framesAt(functions, main + Number(offset))
          // The runtime leaves out wrappers that the compiler made; all others it tells, and in the same order.
          const ours = frames.map(({ function: name, file, line }) => `${nameOf(name)}|${file}|${line}`)
          const told = ours.filter((call) => calls.includes(call))
          assert.deepEqual(told, calls, `at main.main+${offset}`)
          // To the runtime the first of all names is none.
          if (calls.length === 0 && functionAt(functions, main + Number(offset))?.index === 0) continue
          if (tellsCallers)
            for (const left of frames.filter((_, index) => !calls.includes(ours[index]!)))
              assert.ok(left.wrapper, `at main.main+${offset}`)
          if (frames.length > 1) inlinedCount++
          count++
        }
        assert.ok(count > 50_000 && inlinedCount > 1000, `${count} addresses, ${inlinedCount} inlined`)
      },
    )

for (const toolchain of TEST_TOOLCHAINS)
  for (const variant of [VARIANTS[0]!, { name: 'arm64', architecture: 'arm64' } as Variant])
    test(`lines of ${variant.name} by ${toolchain} are debug/gosym's`, { skip: whyNot(variant) }, () => {
      const program = programs.build(variant, toolchain)
      const { functions } = programs.open(program)
      const lines = programs.truth(['lines', program, '12']).trimEnd().split('\n')
      for (const told of lines) {
        const [pc, name, file, line] = told.split('\t')
        // What the linker puts before and behind certified code has no lines: debug/gosym reads others' for it.
        if (name!.startsWith('go:textfips')) continue
        const frames = framesAt(functions, Number(pc))
        const innermost = frames[0]!
        assert.deepEqual(
          [frames.at(-1)!.function, innermost.file, String(innermost.line)],
          [name, file, String(Math.max(Number(line), 0))],
          String(pc),
        )
      }
      assert.ok(lines.length > 10_000)
    })

test('go tool addr2line tells the same', { skip: whyNot(VARIANTS[0]!) }, () => {
  const program = programs.build(VARIANTS[0]!)
  const { functions } = programs.open(program)
  const { entry, end } = findFunctions(functions, ['main.burn']).get('main.burn')![0]!
  const addresses = Array.from({ length: (end - entry) >> 1 }, (_, index) => entry + index * 2)
  const answer = execFileSync('go', ['tool', 'addr2line', program], {
    encoding: 'utf8',
    input: addresses.map((address) => `0x${address.toString(16)}\n`).join(''),
  })
  assert.deepEqual(
    addresses.flatMap((address) => {
      const frames = framesAt(functions, address)
      return [frames.at(-1)!.function, `${frames[0]!.file}:${frames[0]!.line}`]
    }),
    // Behind the last instruction it has no line: -1.
    answer.trimEnd().replaceAll(':-1', ':0').split('\n'),
  )
  assert.ok(addresses.some((address) => framesAt(functions, address).length === 4))
})

test(
  'however little of it is kept, calls are the same, and what is held is bounded',
  { skip: whyNot(VARIANTS[0]!) },
  () => {
    const { functions, moduleData } = programs.open(programs.build(VARIANTS[0]!))
    const large = readThrough(functions, functions.cache, { codeBytesMax: 4 << 20 })
    const small = readThrough(functions, functions.cache, { codeBytesMax: 8 << 10, stringBytesMax: 1 << 10 })
    const none = readThrough(functions, functions.cache, { codeBytesMax: 0, stringBytesMax: 0 })
    const { byteLength } = functions.offsets
    const { start, end } = moduleData.text
    let mostHeld = 0
    // Forth and back through the code, so that much comes again.
    for (let step = 0; step < 20_000; step++) {
      const pc = start + ((step * 1009 * (step % 2 === 0 ? 1 : 7)) % (end - start))
      const frames = framesAt(none, pc)
      assert.deepEqual(framesAt(large, pc), frames)
      assert.deepEqual(framesAt(small, pc), frames)
      mostHeld = Math.max(mostHeld, heldBytes(small))
    }
    assert.equal(heldBytes(none), byteLength)
    assert.ok(mostHeld > byteLength + (4 << 10) && mostHeld <= byteLength + (9 << 10), `${mostHeld} bytes`)
    assert.ok(heldBytes(large) > 500_000, `${heldBytes(large)} bytes`)
  },
)
