import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PolicyWorkspace } from '@quadrant/govern/policy'
import { CliError, usageError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { readSource, sourceName } from '../source-file.ts'

const FILE_NAME = /\.(ya?ml|json)$/
const FILES_MAX = 50_000
const FILE_LENGTH_MAX = 64 << 20

export interface ReadPolicies {
  readonly workspace: PolicyWorkspace
  readonly fileCount: number
}

/**
 * Documents of files, and of folders with all that is below them (`.yaml`, `.yml`, `.json`); `-` is stdin.
 *
 * @throws {CliError} QDR-C012 where there is none, QDR-C013 where one cannot be read
 */
export async function readPolicies(
  context: Context,
  paths: readonly string[],
  { isOpenWorld = false }: { readonly isOpenWorld?: boolean } = {},
): Promise<ReadPolicies> {
  const workspace = new PolicyWorkspace({ isOpenWorld })
  const files: string[] = []
  for (const path of paths.length === 0 ? ['.'] : paths) {
    if (path === '-') {
      workspace.setFile(sourceName(path), await readSource(path, FILE_LENGTH_MAX, context))
      continue
    }
    await collect(path, files, true)
  }
  for (const file of files) workspace.setFile(file, await readText(file))
  const fileCount = files.length + (paths.includes('-') ? 1 : 0)
  if (fileCount === 0) throw usageError('there is no file of YAML or JSON here')
  return { workspace, fileCount }
}

async function collect(path: string, files: string[], isNamed: boolean): Promise<void> {
  if (files.length >= FILES_MAX) throw usageError(`more than ${FILES_MAX} files`)
  let isFolder: boolean
  try {
    isFolder = (await stat(path)).isDirectory()
  } catch (cause) {
    throw unreadable(path, cause)
  }
  if (!isFolder) {
    if (isNamed || FILE_NAME.test(path)) files.push(path)
    return
  }
  const entries = await readdir(path, { withFileTypes: true })
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    if (entry.isDirectory() || FILE_NAME.test(entry.name)) await collect(join(path, entry.name), files, false)
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

function unreadable(path: string, cause: unknown): CliError {
  const { code, message } = cause as NodeJS.ErrnoException
  const why = code === 'ENOENT' ? 'there is no such file' : message
  return new CliError('QDR-C013', `${path} cannot be read: ${why}`, { cause })
}
