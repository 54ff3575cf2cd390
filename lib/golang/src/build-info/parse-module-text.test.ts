import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GoPrograms, NEEDS_GO } from '../testing/go-programs.ts'
import type { GoModule } from './build-info.ts'
import { parseModuleText } from './parse-module-text.ts'

const programs = new GoPrograms()

const CASES: readonly (readonly [text: string, codes: readonly string[]])[] = [
  ['', []],
  ['path\tcmd/go', []],
  ['path\texample.com/a\nmod\texample.com/a\tv1.0.0\th1:sum=\n', []],
  ['mod\texample.com/a\t(devel)\t\ndep\tb\tv1\n=>\tc\tv2\th1:x\ndep\td\tv3\th1:y\n', []],
  ['mod\ta\tv1\n=>\t./b\t\t\n', []],
  ['build\t-compiler=gc\nbuild\t-ldflags="-X main.a=\\"b c\\""\nbuild\t"a b"=`c d`\nbuild\tA=\n', []],
  ['build\tx="\\x41\\101\\u00e9\\U0001F600\\a\\b\\f\\n\\r\\t\\v\\\\"\n', []],
  ['unknown\tline\nneither\n', []],
  ['mod\ta\n', ['GOBI001']],
  ['dep\ta\tb\tc\td\n', ['GOBI001']],
  ['dep\ta\tb\n=>\tc\td\n', ['GOBI002']],
  ['=>\ta\tb\tc\n', ['GOBI003']],
  ['dep\ta\tb\n=>\tc\td\te\n=>\tf\tg\th\n', ['GOBI003']],
  ['build\t=x\n', ['GOBI004']],
  ['build\tx\n', ['GOBI004']],
  ['build\t\n', ['GOBI004']],
  ['build\ta b=c\n', ['GOBI004']],
  ['build\ta=b c\n', ['GOBI004']],
  ['build\t"a=b\n', ['GOBI004']],
  ['build\t"a"b=c\n', ['GOBI004']],
  ['build\ta="\\q"\n', ['GOBI004']],
  ['build\ta="\\ud800"\n', ['GOBI004']],
  ['build\ta="\\400"\n', ['GOBI004']],
  ['build\ta="b"c\n', ['GOBI004']],
  ['build\ta="\\\'"\n', ['GOBI004']],
]

/** Go's answers, in our words; null where it refuses. */
function truths(texts: readonly string[]): unknown[] {
  interface Module {
    Path?: string
    Version?: string
    Sum?: string
    Replace?: Module
  }
  const ours = ({ Path = '', Version = '', Sum = '', Replace }: Module): GoModule => ({
    path: Path,
    version: Version,
    sum: Sum,
    ...(Replace ? { replace: ours(Replace) } : {}),
  })
  const input = texts.map((text) => `${JSON.stringify(text)}\n`).join('')
  return programs
    .truth(['modules'], input)
    .trimEnd()
    .split('\n')
    .map((line) => {
      const info = JSON.parse(line) as {
        Path?: string
        Main: Module
        Deps?: Module[]
        Settings?: { Key: string; Value?: string }[]
      } | null
      return (
        info && {
          path: info.Path ?? '',
          // Go does not tell a main module without path and version from none.
          main:
            info.Main.Path || info.Main.Version || info.Main.Sum || info.Main.Replace
              ? ours(info.Main)
              : undefined,
          dependencies: (info.Deps ?? []).map(ours),
          settings: (info.Settings ?? []).map(({ Key, Value = '' }) => ({ key: Key, value: Value })),
        }
      )
    })
}

function checkAgainstGo(texts: readonly string[]): void {
  const answers = truths(texts)
  texts.forEach((text, index) => {
    const { value, diagnostics } = parseModuleText(text)
    const truth = answers[index]
    if (truth === null) assert.notDeepEqual(diagnostics, [], JSON.stringify(text))
    else {
      assert.deepEqual(diagnostics, [], JSON.stringify(text))
      const { main } = value
      const ours = {
        ...value,
        main: main?.path || main?.version || main?.sum || main?.replace ? main : undefined,
      }
      assert.deepEqual(ours, truth, JSON.stringify(text))
    }
  })
}

test('each line that cannot be read is told with its place', () => {
  for (const [text, codes] of CASES) {
    const { diagnostics } = parseModuleText(text)
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      codes,
      JSON.stringify(text),
    )
    for (const { range } of diagnostics)
      assert.ok(range!.start === 0 || text[range!.start - 1] === '\n', JSON.stringify(text))
  }
})

test('the same is refused and read as by runtime/debug.ParseBuildInfo', NEEDS_GO, () => {
  checkAgainstGo(CASES.map(([text]) => text))
})

test('texts made at random are read as by runtime/debug.ParseBuildInfo', NEEDS_GO, () => {
  const pieces = [
    'path',
    'mod',
    'dep',
    '=>',
    'build',
    '\t',
    '\t',
    '\t',
    '\n',
    '\n',
    ' ',
    '=',
    '"',
    '`',
    '\\',
    'a',
    'b',
  ]
  const longer = [
    '\r',
    'é',
    '\\x4',
    '\\n',
    '\\u00',
    'h1:',
    'build\ta=',
    'build\t"',
    'dep\tx\tv1\n',
    '\\U00110000',
    '0',
  ]
  const piece = fc.constantFrom(...pieces, ...longer)
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(fc.array(text, { minLength: 200, maxLength: 400 }), (texts) => {
      checkAgainstGo(texts)
    }),
    { seed: 4, numRuns: 10 },
  )
})
