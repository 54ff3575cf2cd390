import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { GENERATED_MARK, generateSchema, type GeneratedFile, type SchemaLanguage } from '@quadrant/wasm'
import { CliError, ExitCode, usageError } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { diagnosticText } from '../output/diagnostic-text.ts'
import { readSource } from '../source-file.ts'

export interface SchemaGenFlags {
  /** Beside the source, if it is not given. */
  readonly out?: string
  readonly lang: readonly SchemaLanguage[]
  readonly package?: string
  readonly check: boolean
}

/** Longer than any source that is read: what is over it is refused with what the limit is. */
const SOURCE_LENGTH_MAX = 4 << 20

/**
 * Writes what is generated for a Go file or a schema, or with `--check` says what would change.
 * @throws {CliError} QDR-C012 for a file of another kind, QDR-C013 where it cannot be read, QDR-C015 where nothing can be written
 */
export async function runSchemaGen(context: Context, flags: SchemaGenFlags, file: string): Promise<void> {
  if (!/\.(?:go|capnp)$/.test(file))
    throw usageError(`${file} is neither Go nor a schema`, 'quadrant schema gen types.go, or shop.capnp')
  if (flags.package !== undefined && !/^[a-z_][a-z0-9_]*$/.test(flags.package))
    throw usageError(`${flags.package} is no name of a Go package`, '--package shop')
  const out = flags.out ?? dirname(file)
  const source = await readSource(file, SOURCE_LENGTH_MAX, context)
  const { value, diagnostics } = generateSchema(source, file, {
    languages: flags.lang,
    ...(flags.package === undefined ? {} : { goPackage: flags.package }),
  })
  for (const diagnostic of diagnostics)
    context.stdout.write(`${diagnosticText(diagnostic, source, context)}\n\n`)
  if (value === undefined) {
    context.process.exitCode = ExitCode.findings
    return
  }
  const changed = value.filter(({ name, text }) => contentOf(join(out, name)) !== text)
  if (!flags.check) {
    refuseOthers(out, changed)
    write(out, changed)
    for (const { name } of value)
      note(
        context,
        `${join(out, name)}: ${changed.some((each) => each.name === name) ? 'written' : 'is as it should be'}`,
      )
    return
  }
  for (const { name } of changed) context.stdout.write(`${join(out, name)} is not what ${file} gives\n`)
  if (changed.length > 0) context.process.exitCode = ExitCode.findings
}

/** What somebody wrote by hand stays as it is. @throws {CliError} QDR-C015 */
function refuseOthers(folder: string, files: readonly GeneratedFile[]): void {
  for (const { name } of files) {
    const path = join(folder, name)
    const firstLine = contentOf(path)?.split('\n', 1)[0]
    if (firstLine !== undefined && !firstLine.includes(GENERATED_MARK))
      throw new CliError('QDR-C015', `${path} is there, and was not generated: it stays as it is`, {
        fix: 'give another --out, or remove it',
      })
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function write(folder: string, files: readonly GeneratedFile[]): void {
  try {
    mkdirSync(folder, { recursive: true })
    for (const { name, text } of files) writeFileSync(join(folder, name), text)
  } catch (cause) {
    throw new CliError('QDR-C015', (cause as Error).message, { cause, fix: 'give another --out' })
  }
}
