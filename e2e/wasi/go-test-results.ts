/** How a test ended, as its program says. */
export type GoTestResult = 'PASS' | 'FAIL' | 'SKIP'

/** `-test.v=test2json` marks with this what the test framework itself writes, wherever it is in a line. */
const MARK = String.fromCharCode(0x16)
const RESULT = new RegExp(`${MARK} *--- (PASS|FAIL|SKIP): (.+?) \\(\\d`, 'g')

/** Results of tests, subtests and examples by their names. */
export function goTestResults(output: string): ReadonlyMap<string, GoTestResult> {
  const results = new Map<string, GoTestResult>()
  for (const [, result, name] of output.matchAll(RESULT)) results.set(name!, result as GoTestResult)
  return results
}

export interface GoTestDifference {
  readonly test: string
  /** `none`: it did not come to that test, or not to its end. */
  readonly ours: GoTestResult | 'none'
  readonly theirs: GoTestResult | 'none'
}

export function differences(
  ours: ReadonlyMap<string, GoTestResult>,
  theirs: ReadonlyMap<string, GoTestResult>,
): readonly GoTestDifference[] {
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .map((test) => ({ test, ours: ours.get(test) ?? 'none', theirs: theirs.get(test) ?? 'none' }) as const)
    .filter((one) => one.ours !== one.theirs)
}
