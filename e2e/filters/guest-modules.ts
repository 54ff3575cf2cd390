import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Guests } from './case-names.ts'
import type { AbiGuestName, GuestName } from './filter-case.ts'

const SOURCES = join(import.meta.dirname, '../../guest/filtercases')
const RUST_TARGET = 'wasm32-wasip1'
/** Of guests without an SDK, and what they are compiled with. */
const ABI_GUESTS = {
  'abi-0.1.0': ['--cfg', 'abi="0.1.0"'],
  'abi-0.2.0': ['--cfg', 'abi="0.2.0"'],
  'abi-0.2.0-short': ['--cfg', 'abi="0.2.0"', '--cfg', 'short'],
  'abi-0.2.1': ['--cfg', 'abi="0.2.1"'],
} as const satisfies Readonly<Record<AbiGuestName, readonly string[]>>

/** Compiles the programs that run cases into a folder. */
export function compileGuests(folder: string): Guests {
  return { ...compileRust(folder), go: compileGo(folder) }
}

function compileRust(folder: string): Guests {
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
  const guests: Partial<Record<GuestName, string>> = {
    rust: join(folder, 'target', RUST_TARGET, 'release/filtercases.wasm'),
  }
  for (const [name, cfg] of Object.entries(ABI_GUESTS)) {
    const file = join(folder, `${name}.wasm`)
    const flags = ['-O', '-C', 'panic=abort', '-C', 'strip=symbols', ...cfg]
    const target = ['--edition', '2021', '--crate-type', 'cdylib', '--target', RUST_TARGET]
    execFileSync('rustc', [...target, ...flags, '-o', file, join(SOURCES, 'abi/main.rs')], { stdio: 'pipe' })
    guests[name as AbiGuestName] = file
  }
  return guests
}

export function compileGo(folder: string): string {
  const file = join(folder, 'go.wasm')
  execFileSync('go', ['build', '-trimpath', '-buildmode=c-shared', '-o', file, '.'], {
    cwd: join(SOURCES, 'go'),
    env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm' },
    stdio: 'pipe',
  })
  return file
}

/** Why they cannot be compiled here. */
export function withoutToolchains(): string | false {
  const absent = ['cargo', 'go'].filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0)
  return absent.length === 0 ? false : `needs ${absent.join(' and ')}`
}

/** The programs in Rust as they were when Envoy was asked: what they are made with need not be there. */
export const KEPT_GUESTS: Guests = Object.fromEntries(
  ['rust', ...Object.keys(ABI_GUESTS)].map((name) => [
    name,
    join(import.meta.dirname, 'testdata', `${name}.wasm`),
  ]),
)
const KEPT_SOURCES = join(import.meta.dirname, 'testdata/sources.sha256')

/** Keeps compiled programs, with what they were made of. */
export function keepGuests(guests: Guests): void {
  for (const [name, file] of Object.entries(KEPT_GUESTS)) copyFileSync(guests[name as GuestName]!, file)
  writeFileSync(KEPT_SOURCES, `${sourcesDigest()}\n`)
}

/** Whether the kept programs are those of the sources. */
export function areGuestsKept(): boolean {
  return readFileSync(KEPT_SOURCES, 'utf8').trim() === sourcesDigest()
}

function sourcesDigest(): string {
  const hash = createHash('sha256')
  for (const name of globSync('{abi/*.rs,rust/Cargo.toml,rust/src/*.rs}', { cwd: SOURCES }).toSorted())
    hash.update(`${name}\n`).update(readFileSync(join(SOURCES, name)))
  return hash.digest('hex')
}
