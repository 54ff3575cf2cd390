// The standard library's own tests, compiled for wasip1: the same results in our host as under wasmtime, test by test.
// `npm run e2e` runs all packages, `npm test` those that are quick.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FULL } from '../requirements.ts'
import { GO_PACKAGES, titleOf } from './go-packages.ts'
import { compareGoTests, isExplained } from './go-tests.ts'
import { differences, goTestResults } from './go-test-results.ts'
import { withoutWasmtime } from './runtime.ts'

test('results are read from what a test program writes, also behind what a test itself writes', () => {
  const output = [
    '\x16=== RUN   TestA',
    'text\x16--- PASS: TestA (0.00s)',
    '--- FAIL: TestB (0.00s)',
    '\x16--- FAIL: TestC (0.01s)',
    '\x16    --- SKIP: TestC/a b (x)/1 (0.00s)',
  ].join('\n')
  const results = goTestResults(output)
  assert.deepEqual(
    [...results],
    [
      ['TestA', 'PASS'],
      ['TestC', 'FAIL'],
      ['TestC/a b (x)/1', 'SKIP'],
    ],
  )
  assert.deepEqual(
    differences(
      results,
      new Map([
        ['TestA', 'PASS'],
        ['TestC', 'PASS'],
      ]),
    ),
    [
      { test: 'TestC', ours: 'FAIL', theirs: 'PASS' },
      { test: 'TestC/a b (x)/1', ours: 'SKIP', theirs: 'none' },
    ],
  )
})

for (const goPackage of GO_PACKAGES.filter(({ isQuick = false }) => FULL || isQuick))
  test(
    `Go's tests of ${titleOf(goPackage)}: each has the result that it has under wasmtime`,
    { skip: withoutWasmtime('go') },
    async (t) => {
      const comparison = await compareGoTests(goPackage)
      const unexplained = comparison.differences.filter((one) => !isExplained(comparison, one))
      assert.deepEqual(unexplained, [], comparison.lastLines)
      if (comparison.differences.length === 0)
        assert.equal(comparison.oursExit, comparison.theirsExit, comparison.lastLines)
      const counts = { PASS: 0, FAIL: 0, SKIP: 0 }
      for (const result of comparison.ours.values()) counts[result]++
      t.diagnostic(`${counts.PASS} passed, ${counts.SKIP} skipped, ${counts.FAIL} failed`)
    },
  )
