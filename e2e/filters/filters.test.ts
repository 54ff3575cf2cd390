// Every call and callback of proxy-wasm, as real Envoy has them: `npm test` holds to what was recorded of it, and
// `npm run e2e` asks it again.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { FULL } from '../requirements.ts'
import { CASE_DIFFERENCES, type CaseDifference, differenceOf, hunkText } from './case-differences.ts'
import { CASES } from './case-list.ts'
import { REFUSED_CASES } from './cases/contexts.ts'
import type { Guests } from './case-names.ts'
import { runInEnvoy, runInGateway } from './case-run.ts'
import { NEEDS_ENVOY } from './envoy.ts'
import { GUEST_DIFFERENCES } from './guest-differences.ts'
import type { GuestName } from './filter-case.ts'
import { areGuestsKept, compileGo, compileGuests, KEPT_GUESTS, withoutToolchains } from './guest-modules.ts'
import { type Hunk, hunksOf } from './outcome-differences.ts'
import { readRecording, type Recording } from './recording.ts'

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

test('the programs that were recorded are those of the sources', () => {
  assert.equal(areGuestsKept(), true, 'node e2e/filters/record.ts')
})

test('our gateway does what Envoy does', async (t) => {
  const hunks = await hunksOfGateway(KEPT_GUESTS)
  t.diagnostic(`${CASES.length} cases, ${hunks.length} lines or groups of them are seen to differ`)
  assertExplained(hunks, differencesOf(KEPT_GUESTS))
})

test('our gateway does not begin with a filter that does not', async () => {
  for (const one of REFUSED_CASES)
    await assert.rejects(runInGateway([one], KEPT_GUESTS), /does not start/, one.name)
})

test('Envoy does not, either', { skip: skipFull(NEEDS_ENVOY.skip) }, async () => {
  for (const one of REFUSED_CASES)
    await assert.rejects(runInEnvoy([one], KEPT_GUESTS), /Unable to create Wasm/, one.name)
})

test(
  'our gateway does with filters in Go what Envoy does',
  { skip: skipFull(withoutToolchains()) },
  async (t) => {
    const go = compileGo(temporaryFolder(t))
    assertExplained(await hunksOfGateway({ go }), differencesOf({ go }))
  },
)

test(
  'Envoy does what was recorded of it',
  { skip: skipFull(NEEDS_ENVOY.skip || withoutToolchains()) },
  async (t) => {
    const now = await runInEnvoy(CASES, compileGuests(temporaryFolder(t)))
    assert.deepEqual(hunksBetween(now, readRecording()).map(hunkText), [])
  },
)

/** Those that some of these guests see. */
function differencesOf(seenBy: Guests): readonly CaseDifference[] {
  return CASE_DIFFERENCES.filter(({ guests = ['rust', 'go'] }) =>
    guests.some((guest) => seenBy[guest] !== undefined),
  )
}

async function hunksOfGateway(guests: Guests): Promise<readonly Hunk[]> {
  return hunksBetween(await runInGateway(CASES, guests), readRecording())
}

/** Of all cases and guests that are in the first of both. */
function hunksBetween(ours: Recording, theirs: Recording): readonly Hunk[] {
  const hunks: Hunk[] = []
  for (const [name, guests] of Object.entries(ours))
    for (const [guest, lines] of Object.entries(guests)) {
      const recorded = theirs[name]?.[guest as GuestName]
      // Envoy does not survive some.
      if (recorded !== undefined) hunks.push(...hunksOf(name, lines, recorded))
    }
  return hunks
}

function skipFull(reason: string | false): string | false {
  return FULL ? reason : 'asked by npm run e2e'
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-filter-cases-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}
