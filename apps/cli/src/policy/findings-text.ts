import type { Finding, Location, PolicyWorkspace } from '@quadrant/govern/policy'
import { POLICY_CODES } from '@quadrant/govern/policy-codes'
import type { Problem } from '@quadrant/govern/back-end'
import type { Context } from '../context.ts'
import { diagnosticText } from '../output/diagnostic-text.ts'

/** Findings with their lines, on stdout, and how many are errors. */
export function writeFindings(
  context: Context,
  workspace: PolicyWorkspace,
  findings: readonly Finding[],
): { readonly errorCount: number; readonly warningCount: number } {
  for (const finding of findings)
    context.stdout.write(`${diagnosticText(finding, workspace.text(finding.file) ?? '', context)}\n\n`)
  const errorCount = findings.filter(({ severity }) => severity === 'error').length
  return { errorCount, warningCount: findings.length - errorCount }
}

/** What a back end cannot do, as a finding. */
export function problemFinding(workspace: PolicyWorkspace, { code, origin, message, fix }: Problem): Finding {
  const place = workspace.locate(origin)
  const { namespace, name, kind } = origin.resource
  const known: Location = place ?? {
    file: `${kind} ${namespace}/${name}`,
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 2,
  }
  return {
    ...known,
    ...rangeOf(workspace.text(known.file), known),
    code: POLICY_CODES[code].code,
    severity: 'error',
    message,
    fix,
  }
}

function rangeOf(text: string | undefined, { line, column, endLine, endColumn }: Location) {
  if (text === undefined) return {}
  const lines = text.split('\n')
  const offset = (toLine: number, toColumn: number) =>
    lines.slice(0, toLine - 1).reduce((sum, one) => sum + one.length + 1, 0) + toColumn - 1
  return { range: { start: offset(line, column), end: offset(endLine, endColumn) } }
}
