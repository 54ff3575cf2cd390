// Go's own tests of a package, compiled for wasip1 and run under both runtimes.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { explanationOf } from './explained.ts'
import type { GoPackage } from './go-packages.ts'
import { differences, goTestResults, type GoTestDifference, type GoTestResult } from './go-test-results.ts'
import { inMemory, OURS, WASMTIME_PEER, type Outcome, type Runtime } from './runtime.ts'

const COMPILE_MS_MAX = 300_000
const RUN_MS_MAX = 300_000

export interface GoComparison {
  readonly package: GoPackage
  readonly ours: ReadonlyMap<string, GoTestResult>
  readonly oursExit: number | string
  readonly theirsExit: number | string
  /** Differences that two runs of both had; those that are of chance are not there. */
  readonly differences: readonly GoTestDifference[]
  /** Of what ours wrote, where there is an unexplained difference. */
  readonly lastLines: string
}

export function isExplained(comparison: GoComparison, { test }: GoTestDifference): boolean {
  return explanationOf(comparison.package, test) !== undefined
}

/**
 * Runs a package's tests under both. Tests of time and sockets can fail on a busy machine, so what differs is looked at
 * a second time.
 *
 * @throws {Error} where Go cannot compile them
 */
export async function compareGoTests(goPackage: GoPackage): Promise<GoComparison> {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-gotest-'))
  try {
    const program = join(folder, 'package.test.wasm')
    await promisify(execFile)('go', ['test', '-c', '-o', program, goPackage.path], {
      env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm', GOFLAGS: '' },
      timeout: COMPILE_MS_MAX,
    })
    const first = await compareOnce(goPackage, program)
    if (first.differences.every((one) => isExplained(first, one)) && first.oursExit === first.theirsExit)
      return first
    const second = await compareOnce(goPackage, program)
    const isAgain = ({ test }: GoTestDifference) => first.differences.some((one) => one.test === test)
    return { ...second, differences: second.differences.filter(isAgain) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function compareOnce(goPackage: GoPackage, program: string): Promise<GoComparison> {
  const ours = await runTests(ourRuntime(goPackage), goPackage, program)
  const theirs = await runTests(WASMTIME_PEER, goPackage, program)
  const ourResults = goTestResults(ours.stdout)
  const theirResults = goTestResults(theirs.stdout)
  return {
    package: goPackage,
    ours: ourResults,
    oursExit: ours.exit,
    theirsExit: theirs.exit,
    differences: differences(ourResults, theirResults),
    lastLines: `${ours.stdout}\n${ours.stderr}`.trimEnd().split('\n').slice(-40).join('\n'),
  }
}

/** In memory there is what tests look for: their own folder, and some files and folders of Go's. */
function ourRuntime({ path, isInMemory = false }: GoPackage): Runtime {
  const wanted = [`src/${path}`, 'src/unicode', 'go.env', 'LICENSE', 'CONTRIBUTING.md']
  return isInMemory ? inMemory(wanted.map((name) => join(goRoot(), name))) : OURS
}

/** What Go's own lib/wasm/go_wasip1_wasm_exec gives a test: the whole of the host's files, and where it is. */
async function runTests(runtime: Runtime, goPackage: GoPackage, program: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-gotest-'))
  try {
    return await runtime.run({
      program,
      args: [
        '-test.v=test2json',
        '-test.paniconexit0',
        ...(goPackage.isShort === true ? ['-test.short'] : []),
      ],
      directories: { '/': '/' },
      env: {
        PWD: join(goRoot(), 'src', goPackage.path),
        PATH: process.env['PATH'] ?? '',
        GOROOT: goRoot(),
        TMPDIR: folder,
        HOME: folder,
      },
      timeoutMs: RUN_MS_MAX,
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function goRoot(): string {
  return execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim()
}
