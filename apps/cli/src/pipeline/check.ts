import { loadPipelineCheck } from '@quadrant/observe'
import { ExitCode } from '../cli-error.ts'
import type { NoFlags } from '../command/with-context.ts'
import type { Context } from '../context.ts'
import { diagnosticText } from '../output/diagnostic-text.ts'
import { readSource, sourceName } from '../source-file.ts'

/** A longer file is not read to its end: the check refuses it anyway. */
const FILE_LENGTH_MAX = 2 << 20

/** Prints what is wrong with a file on stdout. @throws {CliError} QDR-C013 where it cannot be read */
export async function runPipelineCheck(context: Context, _flags: NoFlags, path: string): Promise<void> {
  const file = sourceName(path)
  const source = await readSource(path, FILE_LENGTH_MAX, context)
  const check = await loadPipelineCheck()
  const { value, diagnostics } = check(source, { file, environment: context.env })
  for (const diagnostic of diagnostics)
    context.stdout.write(`${diagnosticText(diagnostic, source, context)}\n\n`)
  if (value === undefined) {
    context.process.exitCode = ExitCode.findings
    return
  }
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
  context.stdout.write(
    `${file}: ${counted(value.pipelines.length, 'pipeline')}, ${counted(value.receivers.length, 'receiver')}, ` +
      `${counted(value.processors.length, 'processor')}, ${counted(value.exporters.length, 'exporter')}\n`,
  )
}
