import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { REPOSITORY, builtFilter } from './built-filter.ts'

const TARGET = 'wasm32-wasip1'

const MAY_DOWNLOAD = process.env['QUADRANT_TOOLCHAINS'] === 'all'

const version = spawnSync('rustc', ['--version'], { encoding: 'utf8' })

/**
 * For `test`'s options: why tests with filters in Rust cannot run here. Their crates are downloaded only for those who
 * ask; where they have been once, nothing has to be.
 */
export function needsRust(folder: string): { readonly skip: string | false } {
  if (version.status !== 0) return { skip: 'rustc is not installed' }
  const library = spawnSync('rustc', ['--print', 'target-libdir', '--target', TARGET], { encoding: 'utf8' })
  if (!existsSync(library.stdout.trim()))
    return { skip: `rustc has no target ${TARGET}: rustup target add ${TARGET}` }
  if (MAY_DOWNLOAD || hasCrates(folder)) return { skip: false }
  return { skip: 'crates are downloaded with QUADRANT_TOOLCHAINS=all only' }
}

function hasCrates(folder: string): boolean {
  // It writes a lock file beside the manifest.
  const copy = mkdtempSync(join(tmpdir(), 'quadrant-crates-'))
  try {
    cpSync(join(REPOSITORY, folder), copy, { recursive: true })
    return spawnSync('cargo', ['metadata', '--offline', '--format-version', '1'], { cwd: copy }).status === 0
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** The module of a filter in Rust, such as `guest/rustfilter`: its bytes. */
export function rustFilter(folder: string): Uint8Array<ArrayBuffer> {
  return readFileSync(rustFilterFile(folder))
}

/** The same as a file, which stays. */
export function rustFilterFile(folder: string): string {
  return builtFilter({
    folder,
    folders: [folder],
    compiler: version.stdout.trim(),
    build: (scratch) => {
      const source = join(scratch, 'source')
      cpSync(join(REPOSITORY, folder), source, { recursive: true })
      const args = [
        'build',
        '--quiet',
        '--release',
        '--target',
        TARGET,
        ...(MAY_DOWNLOAD ? [] : ['--offline']),
      ]
      execFileSync('cargo', args, { cwd: source })
      return join(source, 'target', TARGET, 'release', `${basename(folder)}.wasm`)
    },
  })
}
