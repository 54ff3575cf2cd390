import type { BuildIdentity } from './build-id.ts'
import type { ExeKey } from './exe-file.ts'
import type { GoSearch } from './go-search.ts'
import type { Build } from '@quadrant/proto'

interface Order {
  readonly key: ExeKey
  /** Open until there is an answer. */
  readonly fd: number
  readonly byteLength: number
}

/** What the thread that reads executables is asked for. */
export interface ReadOrder extends Order {
  readonly kind: 'read'
  /** As the process sees it. */
  readonly path: string
  /** Of the build that the file was, if it was read before: a file that still is that one is not read again. */
  readonly knownId: string | undefined
}

export interface SearchOrder extends Order {
  readonly kind: 'search'
}

export type ExeOrder = ReadOrder | SearchOrder

/** What an executable is, as far as it can go from thread to thread. */
export interface ReadExe {
  readonly build: Build
  readonly identity: BuildIdentity
  /** As build information has it; undefined for all whose runtime is not where we know. */
  readonly goVersion: string | undefined
  /** The ELF header. */
  readonly header: Uint8Array
}

/** `undefined` of `exe`: it still is the one that was known. */
export type ReadAnswer = { readonly exe: ReadExe | undefined } | { readonly refusal: string }

export interface ExeAnswers {
  readonly read: ReadAnswer
  readonly search: GoSearch
}

/** One answer for each order, in their order. */
export interface ExeResult {
  readonly id: number
  readonly answer: ExeAnswers[ExeOrder['kind']]
}
