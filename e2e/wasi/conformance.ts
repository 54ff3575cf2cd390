// `npm run conformance`: runs the tests of Go's standard library in our host and under wasmtime, prints each package as
// it is done, and writes docs/reference/wasi-conformance.md. It takes some minutes. `-- WORD...` runs the packages whose
// path has one of the words, and writes nothing. It fails where a difference is unexplained.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { conformanceReport } from './conformance-report.ts'
import { compareCalls, compileCalls, withoutZig } from './call-answers.ts'
import { GO_PACKAGES, titleOf } from './go-packages.ts'
import { compareGoTests, isExplained, type GoComparison } from './go-tests.ts'
import { wasmtimeVersion, withoutWasmtime } from './runtime.ts'

const REPORT = join(import.meta.dirname, '../../docs/reference/wasi-conformance.md')

const reason = withoutWasmtime('go') || withoutZig()
if (reason !== false) {
  process.stderr.write(`${reason}\n`)
  process.exit(2)
}
const words = process.argv.slice(2)
const wanted = GO_PACKAGES.filter(
  ({ path }) => words.length === 0 || words.some((word) => path.includes(word)),
)
const comparisons: GoComparison[] = []
for (const goPackage of wanted) {
  const comparison = await compareGoTests(goPackage)
  comparisons.push(comparison)
  const { ours, oursExit, theirsExit } = comparison
  process.stdout.write(`${titleOf(goPackage)}: ${ours.size} results, exit ${oursExit} and ${theirsExit}\n`)
  for (const one of comparison.differences) {
    const mark = isExplained(comparison, one) ? 'explained' : 'UNEXPLAINED'
    process.stdout.write(`  ${mark} ${one.test}: ours ${one.ours}, wasmtime ${one.theirs}\n`)
  }
}
const unexplained = comparisons.filter((comparison) =>
  comparison.differences.some((one) => !isExplained(comparison, one)),
)
process.exitCode = unexplained.length > 0 ? 1 : 0
for (const {
  package: { path },
  lastLines,
} of unexplained)
  process.stdout.write(`\n${path}:\n${lastLines}\n`)
if (words.length === 0) {
  const calls = await callsCompared()
  writeFileSync(
    REPORT,
    conformanceReport(comparisons, calls, {
      date: new Date().toISOString().slice(0, 10),
      go: execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).trim(),
      node: process.version,
      wasmtime: wasmtimeVersion()!,
    }),
  )
}

async function callsCompared() {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasicalls-'))
  try {
    return await compareCalls(compileCalls(folder))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
