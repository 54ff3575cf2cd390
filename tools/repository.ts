import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout's top folder, with a slash at the end. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Paths of the files that belong to the repository: tracked, or new and not ignored. Relative to the root, sorted. */
export function repositoryFiles(): readonly string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'],
    {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    },
  )
  const deleted = new Set(
    execFileSync('git', ['ls-files', '-z', '--deleted'], { cwd: ROOT, encoding: 'utf8' }).split('\0'),
  )
  return listed
    .split('\0')
    .filter((path) => path !== '' && !deleted.has(path))
    .sort()
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** The manifest of a workspace, as far as the tools need it. */
export interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface Workspace {
  /** Folder relative to the root, e.g. `lib/core`. */
  readonly folder: string
  readonly manifest: Manifest
}

export function workspaces(files: readonly string[] = repositoryFiles()): readonly Workspace[] {
  return files
    .filter((path) => /^(lib|quadrants|apps)\/[^/]+\/package\.json$/.test(path))
    .map((path) => ({
      folder: path.slice(0, -'/package.json'.length),
      manifest: JSON.parse(readText(path)) as Manifest,
    }))
}
