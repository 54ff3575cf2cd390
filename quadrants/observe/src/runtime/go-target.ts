import type { GoBinary, RuntimeLayout } from '@quadrant/golang'

/** A Go process whose runtime can be observed: what was read of its executable, and how to come by the file itself. */
export interface GoTarget {
  readonly pid: number
  /** `pid@start`, as everywhere. */
  readonly key: string
  /** Path that opens the very file the process runs, also when it was replaced since: `/proc/PID/exe`. */
  readonly path: string
  readonly binary: GoBinary
  readonly layout: RuntimeLayout
}
