import type { Preopen } from '../command-options.ts'
import { hostDirectory } from './host-directory.ts'

/** A directory of the host that a guest starts with, by its path. */
export interface HostPreopen {
  /** Its path in the guest, such as `/config`. */
  readonly path: string
  readonly hostPath: string
  readonly isReadOnly?: boolean
}

/** Opens them, for one guest. @throws {WasmError} `option` where one cannot be opened */
export function openPreopens(directories: readonly HostPreopen[]): readonly Preopen[] {
  return directories.map(({ path, hostPath, isReadOnly = false }) => ({
    path,
    directory: hostDirectory(hostPath),
    isReadOnly,
  }))
}
