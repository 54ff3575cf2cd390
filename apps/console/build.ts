import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = import.meta.dirname
const STAMP = join(FOLDER, 'dist', '.source-hash')

/** What the built console is made of, from this folder; lib's sources are bundled into it. */
const SOURCES = [
  'index.html',
  'package.json',
  'vite.config.ts',
  'public/**/*',
  'src/**/*.{ts,tsx,css}',
  '../../lib/core/src/**/*.ts',
  '../../lib/proto/src/**/*.ts',
]

export interface ConsoleBuild {
  /** Folder with `index.html`. */
  readonly folder: string
  /** False where the last build was fresh. */
  readonly built: boolean
  readonly elapsedMs: number
}

export interface BuildConsoleOptions {
  /** Build even where the sources have not changed since. Default: false. */
  readonly force?: boolean
}

/** Builds the console into `dist`, unless it was built from the very same sources before. */
export async function buildConsole(options: BuildConsoleOptions = {}): Promise<ConsoleBuild> {
  const startedMs = performance.now()
  const folder = join(FOLDER, 'dist')
  const hash = hashSources()
  const fresh = existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash
  if (!fresh || options.force) {
    const { build } = await import('vite')
    await build({ configFile: join(FOLDER, 'vite.config.ts'), logLevel: 'warn' })
    writeFileSync(STAMP, hash)
  }
  return { folder, built: !fresh || options.force === true, elapsedMs: performance.now() - startedMs }
}

function hashSources(): string {
  const hash = createHash('sha256')
  const paths = globSync(SOURCES, { cwd: FOLDER, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && !entry.name.includes('.test.') && !entry.parentPath.endsWith('/testing'),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  for (const path of paths) {
    hash.update(path.slice(FOLDER.length))
    hash.update('\0')
    hash.update(readFileSync(path))
    hash.update('\0')
  }
  return hash.digest('hex')
}

if (import.meta.main) {
  const { built, elapsedMs } = await buildConsole({ force: process.argv.includes('--force') })
  process.stderr.write(`console: ${built ? 'built' : 'fresh'} in ${Math.round(elapsedMs)} ms\n`)
}
