import { EXPLAINED, explanationOf } from './explained.ts'
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
export function conformanceReport(comparisons: readonly GoComparison[], versions: Versions): string {
  const rows = comparisons.map(rowOf)
  const total = comparisons.reduce((sum, { ours }) => sum + ours.size, 0)
  const different = comparisons.flatMap(({ package: { path }, differences }) =>
    differences.map((one) => ({ path, ...one })),
  )
  return [
    '# Conformance of the WASI host',
    '',
    `Made by \`npm run conformance\` on ${versions.date} with ${versions.go}, wasmtime ${versions.wasmtime} and Node ${versions.node}.`,
    '',
    "The tests of Go's standard library, compiled with `GOOS=wasip1 GOARCH=wasm`, run by `quadrant wasm run` and by wasmtime, each with what Go's own `go_wasip1_wasm_exec` gives them. Tests, subtests and examples are counted; `short` is `-test.short`. What differs is run twice, and stays only if it differs again.",
    '',
    '## Go’s tests',
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
      ({ path, test, ours, theirs }) =>
        `| ${path} | \`${test.replaceAll('|', '\\|')}\` | ${ours} | ${theirs} | ${noteOf(path, test)} |`,
    ),
    '',
    ...REASONS.map((why, index) => `${index + 1}. ${why}`),
    '',
  ].join('\n')
}

function rowOf({ package: { path, isShort = false }, ours, differences }: GoComparison): string {
  const counts = { PASS: 0, SKIP: 0, FAIL: 0 }
  for (const result of ours.values()) counts[result]++
  const same = differences.length === 0 ? 'the same' : `${differences.length} differ`
  return `| ${path}${isShort ? ' (short)' : ''} | ${counts.PASS} | ${counts.SKIP} | ${counts.FAIL} | ${same} |`
}

function noteOf(path: string, test: string): string {
  const why = explanationOf(path, test)
  return why === undefined ? 'not explained' : String(REASONS.indexOf(why) + 1)
}
