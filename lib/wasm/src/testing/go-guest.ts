import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SOURCES = join(import.meta.dirname, '../../../../guest')

/** For `test`'s options: why tests with Go programs cannot run here. */
export const NEEDS_GO: { readonly skip: string | false } = {
  skip: spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0 ? false : 'go is not installed',
}

const built = new Map<string, Uint8Array>()

/** guest/wasiprog, or another folder of programs, for wasip1, built once a test file. */
export function buildGuest(name = 'wasiprog'): Uint8Array {
  const before = built.get(name)
  if (before !== undefined) return before
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasm-'))
  try {
    const program = join(folder, 'prog.wasm')
    execFileSync('go', ['build', '-o', program, '.'], {
      cwd: join(SOURCES, name),
      env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm', GOFLAGS: '-buildvcs=false' },
    })
    const bytes = readFileSync(program)
    built.set(name, bytes)
    return bytes
  } finally {
    rmSync(folder, { recursive: true })
  }
}
