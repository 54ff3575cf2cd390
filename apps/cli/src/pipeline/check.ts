import { createReadStream } from 'node:fs'
import { type Diagnostic, formatDiagnostic } from '@quadrant/core'
import { loadPipelineCheck } from '@quadrant/observe'
import { CliError, ExitCode } from '../cli-error.ts'
import type { NoFlags } from '../command/with-context.ts'
import type { Context } from '../context.ts'
import { printable } from '../output/printable.ts'

/** A longer file is not read to its end: the check refuses it anyway. */
const FILE_LENGTH_MAX = 2 << 20

/** Prints what is wrong with a file on stdout. @throws {CliError} QDR-C013 where it cannot be read */
export async function runPipelineCheck(context: Context, _flags: NoFlags, path: string): Promise<void> {
  const file = path === '-' ? 'stdin' : path
  const source = await read(path, file, context)
  const check = await loadPipelineCheck()
  const { value, diagnostics } = check(source, { file, environment: context.env })
  for (const diagnostic of diagnostics) context.stdout.write(`${shown(diagnostic, source, context)}\n\n`)
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

/** The file is foreign text: whatever steers a terminal is not printed. */
function shown(diagnostic: Diagnostic, source: string, { paint }: Context): string {
  const [head, ...rest] = formatDiagnostic(diagnostic, source).split('\n').map(printable)
  return [paint(diagnostic.severity === 'error' ? 'red' : 'yellow', head!), ...rest].join('\n')
}

async function read(path: string, file: string, context: Context): Promise<string> {
  let text = ''
  try {
    const input = path === '-' ? context.stdin : createReadStream(path)
    input.setEncoding('utf8')
    for await (const part of input) {
      text += part as string
      if (text.length > FILE_LENGTH_MAX) break
    }
  } catch (cause) {
    throw new CliError('QDR-C013', `${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
  return text
}
