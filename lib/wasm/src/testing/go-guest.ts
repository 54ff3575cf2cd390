import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SOURCE = join(import.meta.dirname, '../../../../guest/wasiprog')

/** For `test`'s options: why tests with Go programs cannot run here. */
export const NEEDS_GO: { readonly skip: string | false } = {
  skip: spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0 ? false : 'go is not installed',
}

let built: Uint8Array | undefined

/** guest/wasiprog for wasip1, built once a test file. */
export function buildGuest(): Uint8Array {
  if (built !== undefined) return built
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasm-'))
  try {
    const program = join(folder, 'prog.wasm')
    execFileSync('go', ['build', '-o', program, '.'], {
      cwd: SOURCE,
      env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm', GOFLAGS: '-buildvcs=false' },
    })
    built = readFileSync(program)
    return built
  } finally {
    rmSync(folder, { recursive: true })
  }
}
