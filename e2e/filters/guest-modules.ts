import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { GuestName } from './filter-case.ts'

const SOURCES = join(import.meta.dirname, '../../guest/filtercases')
const RUST_TARGET = 'wasm32-wasip1'

/** Compiles the programs that run cases into a folder. */
export function compileGuests(
  folder: string,
  names: readonly GuestName[] = ['rust', 'go'],
): Partial<Record<GuestName, string>> {
  const made: Partial<Record<GuestName, string>> = {}
  if (names.includes('rust')) {
    const args = [
      'build',
      '--quiet',
      '--release',
      '--target',
      RUST_TARGET,
      '--target-dir',
      join(folder, 'target'),
    ]
    execFileSync('cargo', args, { cwd: join(SOURCES, 'rust'), stdio: 'pipe' })
    made.rust = join(folder, 'target', RUST_TARGET, 'release/filtercases.wasm')
  }
  if (names.includes('go')) {
    made.go = join(folder, 'go.wasm')
    execFileSync('go', ['build', '-trimpath', '-buildmode=c-shared', '-o', made.go, '.'], {
      cwd: join(SOURCES, 'go'),
      env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm' },
      stdio: 'pipe',
    })
  }
  return made
}

/** Why they cannot be compiled here. */
export function withoutToolchains(): string | false {
  const absent = ['cargo', 'go'].filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0)
  return absent.length === 0 ? false : `needs ${absent.join(' and ')}`
}
