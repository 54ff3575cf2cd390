// Runs the tests: `npm test [-- WORD...]` all of them, or those whose path has one of the words; `npm run e2e` those of
// e2e/ at full length (thousands of connections, dozens of kills), which `npm test` runs short.
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { ROOT, repositoryFiles } from './repository.ts'
import { TestLanes } from './test-lanes.ts'

/** Tests in here know no kernel and no running Quadrant of which there could be two: they run beside those that do. */
const BESIDE = [
  'apps/cli/src/client/',
  'apps/cli/src/explain/',
  'apps/cli/src/gateway/',
  'apps/cli/src/observe/',
  'apps/cli/src/output/',
  'apps/cli/src/schema/',
  'apps/cli/src/wasm/',
  'apps/console/',
  'apps/server/',
  'e2e/delivered-filter.test.ts',
  'e2e/delivery.test.ts',
  'e2e/filter.test.ts',
  'e2e/filters/',
  'e2e/gateway/',
  'e2e/wasi/',
  'e2e/wasm.test.ts',
  'e2e/xds/',
  'examples/',
  'lib/core/',
  'lib/golang/',
  'lib/proto/',
  'lib/wasm/',
  'quadrants/extend/',
  'quadrants/govern/',
  'quadrants/observe/src/l7/http2/',
  'quadrants/observe/src/l7/route/',
  'quadrants/observe/src/model/',
  'quadrants/observe/src/pipeline/',
  'tools/',
]
const TIMEOUT_MS = 600_000

const words = process.argv.slice(2)
const isFull = words[0] === 'e2e'
const isWanted = (path: string) =>
  isFull ? path.startsWith('e2e/') : words.length === 0 || words.some((word) => path.includes(word))
const files = repositoryFiles().filter((path) => path.endsWith('.test.ts') && isWanted(path))
if (files.length === 0) {
  process.stderr.write(`no test file has ${words.join(' or ')} in its path\n`)
  process.exit(2)
}
if (isFull) process.env.QUADRANT_E2E = 'full'

// One file at a time in a lane: what shares the kernel's one list of programs and maps looks at what is left in it.
const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort())
const isBeside = (path: string) => BESIDE.some((directory) => path.startsWith(directory))
const lanes = new TestLanes(
  [files.filter((path) => !isBeside(path)), files.filter(isBeside)]
    .filter((lane) => lane.length > 0)
    .map((lane) =>
      run({
        files: lane.map((path) => join(ROOT, path)),
        cwd: ROOT,
        concurrency: 1,
        timeout: TIMEOUT_MS,
        signal: ending.signal,
      }),
    ),
)
await pipeline(lanes.events, new spec(), process.stdout, { end: false })
process.exitCode = lanes.isPassed ? 0 : 1
