import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, globSync, readFileSync, writeFileSync } from 'node:fs'
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

/** The program in Rust as it was when Envoy was asked: its crates need not be there. */
export const RECORDED_RUST = join(import.meta.dirname, 'testdata/filtercases.wasm')
const RECORDED_SOURCES = join(import.meta.dirname, 'testdata/filtercases.sha256')

/** Keeps a compiled program, with what it was made of. */
export function keepRust(file: string): void {
  copyFileSync(file, RECORDED_RUST)
  writeFileSync(RECORDED_SOURCES, `${rustSourcesDigest()}\n`)
}

/** Whether the kept program is that of the sources. */
export function isRustKept(): boolean {
  return readFileSync(RECORDED_SOURCES, 'utf8').trim() === rustSourcesDigest()
}

function rustSourcesDigest(): string {
  const hash = createHash('sha256')
  const folder = join(SOURCES, 'rust')
  for (const name of globSync('{Cargo.toml,src/*.rs}', { cwd: folder }).toSorted())
    hash.update(`${name}\n`).update(readFileSync(join(folder, name)))
  return hash.digest('hex')
}
