import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { basename, join } from 'node:path'

export const REPOSITORY = join(import.meta.dirname, '../../../..')

/** Modules by what they are made of, in a folder of this user alone. */
const CACHE = join(tmpdir(), `quadrant-filters-${userInfo().uid}`)

export interface FilterSource {
  /** Of what is built: begins the file's name. */
  readonly folder: string
  /** All folders that go into it. */
  readonly folders: readonly string[]
  /** Version of the compiler. */
  readonly compiler: string
  /** Builds into a new file of an empty folder, and says which. */
  readonly build: (scratch: string) => string
}

/** The module of a source, built where this very source has not been yet. */
export function builtFilter({ folder, folders, compiler, build }: FilterSource): string {
  const hash = createHash('sha256').update(`${folder}\n${compiler}\n`)
  for (const path of folders.flatMap(sources)) {
    const content = readFileSync(join(REPOSITORY, path))
    hash.update(`${path}\n${content.length}\n`).update(content)
  }
  const file = join(CACHE, `${basename(folder)}-${hash.digest('hex').slice(0, 32)}.wasm`)
  if (existsSync(file)) return file
  mkdirSync(CACHE, { recursive: true, mode: 0o700 })
  const scratch = mkdtempSync(join(CACHE, 'build-'))
  try {
    // Others may be building the same: whoever comes last replaces it by its like.
    renameSync(build(scratch), file)
  } finally {
    rmSync(scratch, { recursive: true })
  }
  return file
}

/** Files of a folder of the repository, without what was built there, in a fixed order. */
function sources(folder: string): readonly string[] {
  return readdirSync(join(REPOSITORY, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(go|s|mod|sum|rs|toml)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(REPOSITORY.length + 1))
    .filter((path) => !path.includes('/target/'))
    .toSorted()
}
