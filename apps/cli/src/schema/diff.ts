import { compareSchemas, parseSchema, SCHEMA_LENGTH_MAX } from '@quadrant/wasm'
import { ExitCode, usageError } from '../cli-error.ts'
import type { NoFlags } from '../command/with-context.ts'
import type { Context } from '../context.ts'
import { diagnosticText } from '../output/diagnostic-text.ts'
import { readSource, sourceName } from '../source-file.ts'

/**
 * Prints on stdout what an older program could not read of a newer one's messages, or the other way.
 * @throws {CliError} QDR-C012 where both are stdin, QDR-C013 where a file cannot be read
 */
export async function runSchemaDiff(
  context: Context,
  _flags: NoFlags,
  oldPath: string,
  newPath: string,
): Promise<void> {
  if (oldPath === '-' && newPath === '-') throw usageError('only one of two schemas can be stdin')
  const before = await readSource(oldPath, SCHEMA_LENGTH_MAX, context)
  const after = await readSource(newPath, SCHEMA_LENGTH_MAX, context)
  // Not by the names of the files: they can be the same.
  const [oldFile, newFile] = [`${sourceName(oldPath)} (old)`, `${sourceName(newPath)} (new)`]
  const was = parseSchema(before, oldFile)
  const is = parseSchema(after, newFile)
  const compared = was.value && is.value ? compareSchemas(was.value, is.value) : undefined
  const diagnostics = compared?.diagnostics ?? [...was.diagnostics, ...is.diagnostics]
  for (const diagnostic of diagnostics) {
    const source = diagnostic.file === oldFile ? before : after
    context.stdout.write(`${diagnosticText(diagnostic, source, context)}\n\n`)
  }
  const compatible = compared?.value.compatible ?? false
  if (!compatible) context.process.exitCode = ExitCode.findings
  if (!compared) return
  const errorCount = diagnostics.filter(({ severity }) => severity === 'error').length
  const count = compared.value.typesCompared
  const verdict = compatible ? 'compatible' : `${errorCount} incompatible`
  context.stdout.write(`${count} ${count === 1 ? 'type' : 'types'} compared: ${verdict}\n`)
}
