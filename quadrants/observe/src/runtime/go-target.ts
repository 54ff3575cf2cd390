import { EbpfError } from '@quadrant/ebpf/machine-code'
import type { GoBinary, RuntimeLayout } from '@quadrant/golang'

/** A Go process whose runtime can be observed: what was read of its executable, and how to come by the file itself. */
export interface GoTarget {
  readonly pid: number
  /** `pid@start`, as everywhere. */
  readonly key: string
  /** Path that opens the very file the process runs, also when it was replaced since: `/proc/PID/exe`. */
  readonly path: string
  /** Not needed where the options of a source tell places and variables. */
  readonly binary?: GoBinary | undefined
  readonly layout: RuntimeLayout
}

/** @throws {EbpfError} `argument` where it is left out */
export function binaryOf({ path, binary }: GoTarget): GoBinary {
  if (binary === undefined) throw new EbpfError('argument', `${path}: what was read of it is not given`)
  return binary
}
