import { checkGateway, type GatewaySpec } from '@quadrant/extend/gateway'
import type { Context } from '../context.ts'
import { diagnosticText } from '../output/diagnostic-text.ts'
import { readSource, sourceName } from '../source-file.ts'

/** A longer file is not read to its end: the check refuses it anyway. */
const FILE_LENGTH_MAX = 8 << 20

/**
 * What the file says, undefined where it has mistakes. They are printed: on stdout where somebody asked for them.
 * @throws {CliError} QDR-C013 where it cannot be read
 */
export async function readGatewayFile(
  context: Context,
  path: string,
  isAsked: boolean,
): Promise<GatewaySpec | undefined> {
  const source = await readSource(path, FILE_LENGTH_MAX, context)
  const { value, diagnostics } = checkGateway(source, { file: sourceName(path), environment: context.env })
  const output = isAsked ? context.stdout : context.stderr
  for (const diagnostic of diagnostics) output.write(`${diagnosticText(diagnostic, source, context)}\n\n`)
  return value
}
