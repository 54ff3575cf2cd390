import type { CaseDifference } from './case-differences.ts'

/** What is wrong here, or not there yet. It is to become empty. */
export const OPEN_DIFFERENCES: readonly CaseDifference[] = [
  {
    cases: /^buffers\/each-in-configure$/,
    ours: /buffer 8/,
    theirs: /buffer 8/,
    why: 'Call data is the configuration in Envoy.',
  },
  {
    cases: /^properties\/|^foreign-functions\/.*look/,
    ours: /upstream|xds|backend/,
    theirs: /upstream|xds|backend/,
    why: 'Properties that are not there yet.',
  },
]
