import { checkCases, runCases, type CaseResult, type CheckedCases } from '@quadrant/extend/test-bench'
import { WasmError } from '@quadrant/wasm'
import { CliError, ExitCode } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { diagnosticText } from '../output/diagnostic-text.ts'
import { printable } from '../output/printable.ts'
import { readSource, sourceName } from '../source-file.ts'
import { readModule } from './read-module.ts'

export interface FilterTestFlags {
  readonly output?: 'table' | 'json'
  /** Also what the filter logged. */
  readonly logs?: boolean
}

/** A longer file is not read to its end: the check refuses it anyway. */
const FILE_LENGTH_MAX = 8 << 20

/**
 * Runs a filter through cases, and prints what did not come as it was expected.
 * @throws {CliError} QDR-C013 where a file cannot be read, QDR-C025 where the module is no filter
 */
export async function runFilterTest(
  context: Context,
  flags: FilterTestFlags,
  modulePath: string,
  casesPath: string,
): Promise<void> {
  const module = await readModule(modulePath)
  const source = await readSource(casesPath, FILE_LENGTH_MAX, context)
  const { value, diagnostics } = checkCases(source, sourceName(casesPath))
  for (const diagnostic of diagnostics)
    context.stderr.write(`${diagnosticText(diagnostic, source, context)}\n\n`)
  if (value === undefined) {
    context.process.exitCode = ExitCode.usage
    return
  }
  try {
    await report(context, flags, runCases(module, value), value, source)
  } catch (error) {
    if (error instanceof WasmError)
      throw new CliError('QDR-C025', `${modulePath} is no filter: ${error.message}`, { cause: error })
    throw error
  }
}

async function report(
  context: Context,
  { output = 'table', logs = false }: FilterTestFlags,
  results: AsyncIterable<CaseResult>,
  cases: CheckedCases,
  source: string,
): Promise<void> {
  const { stdout, paint } = context
  const all: CaseResult[] = []
  for await (const result of results) {
    all.push(result)
    if (output === 'json') continue
    const { name, failures } = result
    const word = failures.length === 0 ? paint('green', 'ok  ') : paint('red', 'FAIL')
    stdout.write(`${word} ${printable(name)}\n`)
    for (const failure of failures) stdout.write(`${diagnosticText(failure, source, context)}\n\n`)
    if (logs || failures.length > 0)
      for (const line of result.logs) stdout.write(`     log: ${printable(line)}\n`)
  }
  const failed = all.filter(({ failures }) => failures.length > 0).length
  if (failed > 0) context.process.exitCode = ExitCode.findings
  if (output === 'json') {
    stdout.write(`${JSON.stringify({ cases: all, passed: all.length - failed, failed }, null, 2)}\n`)
    return
  }
  if (cases.file.cases.length === 0) note(context, 'there are no cases: write them under `cases`')
  stdout.write(
    `${all.length} ${all.length === 1 ? 'case' : 'cases'}: ${all.length - failed} passed, ${failed} failed\n`,
  )
}
