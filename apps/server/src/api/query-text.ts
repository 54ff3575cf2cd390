import { Code, ConnectError } from '@connectrpc/connect'
import { parseFieldQuery, type FieldQuery, type FieldSpec } from '@quadrant/core'

/** @throws {ConnectError} invalid argument, with what is wrong and how to say it. */
export function parseQuery(text: string, fields: FieldSpec): FieldQuery {
  const { value, diagnostics } = parseFieldQuery(text, fields)
  const problem = diagnostics.find(({ severity }) => severity === 'error')
  if (problem)
    throw new ConnectError(
      `${problem.code} ${problem.message}${problem.fix ? `; try ${problem.fix}` : ''}`,
      Code.InvalidArgument,
    )
  return value
}
