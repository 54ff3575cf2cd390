// Every call and callback of proxy-wasm, as real Envoy has them: `npm test` holds to what was recorded of it, and
// `npm run e2e` asks it again.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { FULL } from '../requirements.ts'
import { type CaseDifference, differenceOf, hunkText } from './case-differences.ts'
import { CASES } from './case-list.ts'
import { runInEnvoy } from './case-run.ts'
import { NEEDS_ENVOY } from './envoy.ts'
import { GUEST_DIFFERENCES } from './guest-differences.ts'
import { compileGuests, withoutToolchains } from './guest-modules.ts'
import { type Hunk, hunksOf } from './outcome-differences.ts'
import { readRecording } from './recording.ts'

/** Fails for what nobody knows the reason of, and for reasons that nothing is seen of. */
function assertExplained(hunks: readonly Hunk[], table: readonly CaseDifference[]): void {
  const reasons = hunks.map((hunk) => differenceOf(table, hunk))
  const unexplained = hunks.filter((_, index) => reasons[index] === undefined)
  assert.deepEqual(unexplained.map(hunkText), [])
  assert.deepEqual(
    table.filter((one) => !reasons.includes(one)).map(({ why }) => why),
    [],
    'differences that are none',
  )
}

test('each case has a name of its own, and was recorded for its guests', () => {
  const recording = readRecording()
  assert.equal(new Set(CASES.map(({ name }) => name)).size, CASES.length)
  const recorded = CASES.filter(({ endsEnvoy }) => endsEnvoy === undefined)
  assert.deepEqual(
    Object.entries(recording).map(([name, guests]) => [name, Object.keys(guests).sort().join()]),
    recorded.map(({ name, guests = ['go', 'rust'] }) => [name, [...guests].sort().join()]),
  )
})

test('filters in Go and in Rust see the same in Envoy', () => {
  const hunks = Object.entries(readRecording()).flatMap(([name, { rust, go }]) =>
    rust === undefined || go === undefined ? [] : hunksOf(name, go, rust),
  )
  assertExplained(hunks, GUEST_DIFFERENCES)
})

test(
  'Envoy does what was recorded of it',
  { skip: NEEDS_ENVOY.skip || withoutToolchains() || (FULL ? false : 'asked again by npm run e2e') },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'quadrant-filter-cases-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const now = await runInEnvoy(CASES, compileGuests(folder))
    const hunks = Object.entries(readRecording()).flatMap(([name, { rust, go }]) => [
      ...hunksOf(`rust ${name}`, now[name]?.rust ?? [], rust ?? []),
      ...hunksOf(`go ${name}`, now[name]?.go ?? [], go ?? []),
    ])
    t.diagnostic(`${CASES.length} cases`)
    assert.deepEqual(hunks.map(hunkText), [])
  },
)
