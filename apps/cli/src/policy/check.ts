import { ExitCode } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { jsonDocument, type JsonValue } from '../output/json.ts'
import { type BackEnd, compileAll } from './compile-all.ts'
import { problemFinding, writeFindings } from './findings-text.ts'
import { readPolicies } from './read-policies.ts'

export interface PolicyCheckFlags {
  readonly output: 'table' | 'json'
  readonly for?: readonly BackEnd[]
  readonly openWorld: boolean
}

/** Prints all that is wrong with policies, each with its place. @throws {CliError} QDR-C013 where a file cannot be read */
export async function runPolicyCheck(
  context: Context,
  { output, for: backEnds = [], openWorld }: PolicyCheckFlags,
  ...paths: readonly string[]
): Promise<void> {
  const { workspace, fileCount } = await readPolicies(context, paths, { isOpenWorld: openWorld })
  const own = workspace.findings()
  const problems = backEnds.flatMap((backEnd) =>
    compileAll(workspace, backEnd).flatMap(({ problems: found }) =>
      found.map((problem) =>
        problemFinding(workspace, { ...problem, message: `${backEnd}: ${problem.message}` }),
      ),
    ),
  )
  const findings = [...own, ...problems]
  const errorCount = findings.filter(({ severity }) => severity === 'error').length
  if (errorCount > 0) context.process.exitCode = ExitCode.findings
  if (output === 'json') {
    const list = findings.map(({ code, severity, message, fix, file, line, column, endLine, endColumn }) => ({
      code,
      severity,
      message,
      fix: fix ?? null,
      file,
      line,
      column,
      endLine,
      endColumn,
    }))
    context.stdout.write(jsonDocument({ findings: list } satisfies JsonValue))
    return
  }
  const { warningCount } = writeFindings(context, workspace, findings)
  const resourceCount = workspace.resources().length
  context.stdout.write(
    `${counted(fileCount, 'file')}, ${counted(resourceCount, 'resource')}: ${
      findings.length === 0
        ? 'nothing is wrong'
        : `${counted(errorCount, 'error')}, ${counted(warningCount, 'warning')}`
    }\n`,
  )
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
