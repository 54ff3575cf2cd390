import type { ByteSource } from '@quadrant/golang'
import type { GoFile } from './go-files.ts'
import type { GoSearch } from './go-search.ts'
import type { GoTarget } from './go-target.ts'
import type { Program } from './program.ts'

/** A Go process whose runtime can be observed. */
export interface GoProcess {
  readonly program: Program
  readonly file: GoFile
  readonly target: GoTarget
  /** The ELF header of its executable. */
  readonly header: ByteSource
  /** What was found in its executable, once that was searched. */
  search: GoSearch | undefined
}
