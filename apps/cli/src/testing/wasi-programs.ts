import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'

/** Programs of Go that run in the host. */
const GUESTS = join(import.meta.dirname, '../../../../guest')

/** Why tests with programs of Go cannot run here. */
export const NO_GO: string | false =
  spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0 ? false : 'go is not installed'

/** A folder that is there while the tests of a file run, and in it programs of `guest`, built for wasip1. */
export function wasiPrograms<Name extends string>(names: readonly Name[], flags: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasi-programs-'))
  const path = (name: Name): string => join(folder, `${name}.wasm`)
  before(() => {
    if (NO_GO !== false) return
    for (const name of names)
      execFileSync('go', ['build', '-buildvcs=false', ...flags, '-o', path(name), '.'], {
        cwd: join(GUESTS, name),
        env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm' },
      })
  })
  after(() => rmSync(folder, { recursive: true }))
  return { folder, path }
}
