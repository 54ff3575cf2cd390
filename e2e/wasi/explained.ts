/** A difference from wasmtime that stays, and why. */
export interface Explanation {
  readonly package: string
  /** The whole name of the test, or of one above it. */
  readonly test: string
  readonly why: string
}

const FILE_TIMES =
  'Node sets times of files by a number of seconds with fractions, which is good to a quarter of a microsecond; the test compares nanoseconds.'

export const EXPLAINED: readonly Explanation[] = [
  { package: 'os', test: 'TestRootChtimes', why: FILE_TIMES },
  { package: 'os', test: 'TestChtimesOmit', why: FILE_TIMES },
]

/** Why a test may differ; undefined where nothing is known. */
export function explanationOf(packagePath: string, test: string): string | undefined {
  return EXPLAINED.find(
    (one) => one.package === packagePath && (test === one.test || test.startsWith(`${one.test}/`)),
  )?.why
}
