import type { compareCalls } from './call-answers.ts'
import { CALL_DIFFERENCES } from './call-differences.ts'
import { EXPLAINED, explanationOf } from './explained.ts'
import { titleOf, type GoPackage } from './go-packages.ts'
import type { GoComparison } from './go-tests.ts'

/** What was compared. */
export interface Versions {
  readonly date: string
  readonly go: string
  readonly node: string
  readonly wasmtime: string
}

const REASONS: readonly string[] = [...new Set(EXPLAINED.map(({ why }) => why))]

/** docs/reference/wasi-conformance.md */
export function conformanceReport(
  comparisons: readonly GoComparison[],
  calls: Awaited<ReturnType<typeof compareCalls>>,
  versions: Versions,
): string {
  const rows = comparisons.map(rowOf)
  const total = comparisons.reduce((sum, { ours }) => sum + ours.size, 0)
  const different = comparisons.flatMap(({ package: goPackage, differences }) =>
    differences.map((one) => ({ goPackage, ...one })),
  )
  return [
    '# Conformance of the WASI host',
    '',
    `Made by \`npm run conformance\` on ${versions.date} with ${versions.go}, wasmtime ${versions.wasmtime} and Node ${versions.node}.`,
    '',
    "The tests of Go's standard library, compiled with `GOOS=wasip1 GOARCH=wasm`, run by `quadrant wasm run` and by wasmtime, each with what Go's own `go_wasip1_wasm_exec` gives them. Tests, subtests and examples are counted; `short` is `-test.short`; in memory are all files where that is said, with what a test looks for. What differs is run twice, and stays only if it differs again.",
    '',
    '## Tests of Go',
    '',
    '| package | passed | skipped | failed | as wasmtime |',
    '|---|---:|---:|---:|---|',
    ...rows,
    '',
    `${total} results, of which ${different.length} differ.`,
    '',
    '## Differences',
    '',
    '| package | test | here | wasmtime | why |',
    '|---|---|---|---|---|',
    ...different.map(
      ({ goPackage, test, ours, theirs }) =>
        `| ${titleOf(goPackage)} | \`${test.replaceAll('|', '\\|')}\` | ${ours} | ${theirs} | ${noteOf(goPackage, test)} |`,
    ),
    '',
    ...REASONS.map((why, index) => `${index + 1}. ${why}`),
    '',
    '## Calls',
    '',
    `A program in C makes all 46 calls with right and wrong arguments, ${calls.answers.length + 1} in number: ${calls.answers.length + 1 - calls.comparisons.length} are answered alike, ${calls.comparisons.length} otherwise.`,
    '',
    '| calls that differ | such as | here | wasmtime | why |',
    '|---:|---|---|---|---|',
    ...CALL_DIFFERENCES.flatMap((difference) => {
      const those = calls.comparisons.filter((one) => one.difference === difference)
      const [first] = those
      if (first === undefined) return []
      const [ours, theirs] = [first.ours, first.theirs].map((answer) => /^\w+/.exec(answer)?.[0])
      return [`| ${those.length} | \`${first.call}\` | ${ours} | ${theirs} | ${difference.why} |`]
    }),
    '',
  ].join('\n')
}

function rowOf({ package: goPackage, ours, differences }: GoComparison): string {
  const counts = { PASS: 0, SKIP: 0, FAIL: 0 }
  for (const result of ours.values()) counts[result]++
  const same = differences.length === 0 ? 'the same' : `${differences.length} differ`
  return `| ${titleOf(goPackage)} | ${counts.PASS} | ${counts.SKIP} | ${counts.FAIL} | ${same} |`
}

function noteOf(goPackage: GoPackage, test: string): string {
  const why = explanationOf(goPackage, test)
  return why === undefined ? 'not explained' : String(REASONS.indexOf(why) + 1)
}
