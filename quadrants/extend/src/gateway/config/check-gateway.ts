import { type Analysis, hasErrors } from '@quadrant/core'
import { ConfigReader, type Environment, parseConfig, placeOf, wholeOf } from '@quadrant/core/config'
import { GatewayCode } from './codes.ts'
import { gateway } from './gateway-fields.ts'
import { findGatewayProblems } from './gateway-problems.ts'
import type { GatewaySpec } from './gateway-spec.ts'

export interface CheckGatewayOptions {
  /** Name that stands in diagnostics. */
  readonly file?: string
  /** For `${env:NAME}`. Default none. */
  readonly environment?: Environment
}

/**
 * Reads the file of a gateway. It never throws on bad input: `value` is undefined where a diagnostic is an error. Whether
 * the parts fit one another is only looked at once each can be read.
 */
export function checkGateway(
  source: string,
  options: CheckGatewayOptions = {},
): Analysis<GatewaySpec | undefined> {
  const reader = new ConfigReader({
    file: options.file,
    environment: options.environment ?? {},
    codes: GatewayCode,
  })
  const whole = wholeOf(source)
  const document = parseConfig(source, reader)
  const spec = document && gateway(reader, placeOf(document.contents, whole.range), 'a gateway file')
  if (spec && !hasErrors(reader.diagnostics))
    for (const { code, severity, subject, key, message, fix } of findGatewayProblems(spec))
      reader.report(severity, code, reader.recall(subject, key) ?? whole, message, fix)
  const diagnostics = reader.diagnostics.toSorted((a, b) => (a.range?.start ?? 0) - (b.range?.start ?? 0))
  return { value: hasErrors(diagnostics) ? undefined : spec, diagnostics }
}
