import type { GoPackage } from './go-packages.ts'

/** A difference from wasmtime that stays, and why. */
export interface Explanation {
  readonly package: string
  /** Whether it is so for files of the host, or for those in memory. */
  readonly isInMemory?: boolean
  /** The whole name of the test, or of one above it. */
  readonly test: string
  readonly why: string
}

const FILE_TIMES =
  'Node sets times of files by a number of seconds with fractions, which is good to a quarter of a microsecond; the test compares nanoseconds.'
const NO_DEVICES = 'In memory are no devices and no `/proc`.'

export const EXPLAINED: readonly Explanation[] = [
  { package: 'os', test: 'TestRootChtimes', why: FILE_TIMES },
  { package: 'os', test: 'TestChtimesOmit', why: FILE_TIMES },
  { package: 'os', isInMemory: true, test: 'TestDevNullFile', why: NO_DEVICES },
  { package: 'os', isInMemory: true, test: 'TestOpenFileDevNull', why: NO_DEVICES },
  { package: 'os', isInMemory: true, test: 'TestReadFileProc', why: NO_DEVICES },
  { package: 'os', isInMemory: true, test: 'TestDirFSReadFileProc', why: NO_DEVICES },
]

/** Why a test may differ; undefined where nothing is known. */
export function explanationOf({ path, isInMemory = false }: GoPackage, test: string): string | undefined {
  return EXPLAINED.find(
    (one) =>
      one.package === path &&
      (one.isInMemory ?? false) === isInMemory &&
      (test === one.test || test.startsWith(`${one.test}/`)),
  )?.why
}
