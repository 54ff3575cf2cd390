import type { Hunk } from './outcome-differences.ts'

/** Lines that differ, and why. */
export interface CaseDifference {
  readonly cases: RegExp
  /** The lines of each side, with line breaks between; empty where one has none. */
  readonly ours: RegExp
  readonly theirs: RegExp
  readonly why: string
}

/** The first of a table that says why lines differ. */
export function differenceOf(table: readonly CaseDifference[], hunk: Hunk): CaseDifference | undefined {
  return table.find(
    ({ cases, ours, theirs }) =>
      cases.test(hunk.case) && ours.test(hunk.ours.join('\n')) && theirs.test(hunk.theirs.join('\n')),
  )
}

/** As it is shown where nobody knows why. */
export function hunkText({ case: name, ours, theirs }: Hunk): string {
  return [
    name,
    ...ours.map((line) => `  ours:   ${line}`),
    ...theirs.map((line) => `  theirs: ${line}`),
  ].join('\n')
}
