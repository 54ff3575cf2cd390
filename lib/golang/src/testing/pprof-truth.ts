import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { GoPrograms } from './go-programs.ts'

const PROGRAM = join(import.meta.dirname, '../../testdata/pprof')

/** What Go's reader makes of a profile. */
export interface PprofTruth {
  readonly text: string
  readonly timeNs: string
  readonly durationNs: string
  /** Whether all its texts are UTF-8. */
  readonly utf8: boolean
  /** Why it is refused; empty where it is not. */
  readonly error: string
}

/** Builds testdata/pprof with the reader of the installed `go tool pprof`. */
export function buildPprofTruth(programs: GoPrograms): string {
  const folder = programs.folder('pprof')
  cpSync(PROGRAM, folder, { recursive: true })
  const root = programs.go(['env', 'GOROOT'], folder, {}).trim()
  cpSync(join(root, 'src/cmd/vendor/github.com/google/pprof/profile'), join(folder, 'profile'), {
    recursive: true,
  })
  programs.go(['build', '-o', 'program', '.'], folder, {})
  return join(folder, 'program')
}

export function pprofTruths(program: string, profiles: readonly Uint8Array[]): PprofTruth[] {
  const input = profiles.map((bytes) => `${Buffer.from(bytes).toString('base64')}\n`).join('')
  return execFileSync(program, ['print'], { encoding: 'utf8', input, maxBuffer: 1 << 28 })
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as PprofTruth)
}
