import { CliError, ExitCode } from '../cli-error.ts'
import { note, type Context } from '../context.ts'
import { jsonDocument, type JsonValue } from '../output/json.ts'
import { type BackEnd, compileAll } from './compile-all.ts'
import { problemFinding, writeFindings } from './findings-text.ts'
import { readPolicies } from './read-policies.ts'

export interface PolicyCompileFlags {
  readonly to: BackEnd
  readonly gateway?: string
}

/**
 * Prints what policies compile to: JSON, which is YAML as well.
 *
 * @throws {CliError} QDR-C013 where a file cannot be read, QDR-C016 where there is no such gateway
 */
export async function runPolicyCompile(
  context: Context,
  { to, gateway }: PolicyCompileFlags,
  ...paths: readonly string[]
): Promise<void> {
  const { workspace } = await readPolicies(context, paths)
  const wrong = workspace.findings().filter(({ severity }) => severity === 'error')
  if (wrong.length > 0) {
    writeFindings(context, workspace, wrong)
    context.process.exitCode = ExitCode.findings
    return
  }
  const all = compileAll(workspace, to)
  const chosen = gateway === undefined ? all : all.filter((one) => one.gateway === gateway)
  if (chosen.length === 0)
    throw new CliError(
      'QDR-C016',
      gateway === undefined ? 'there is no Gateway of class quadrant' : `there is no Gateway ${gateway}`,
      {
        fix: all.length > 0 ? `--gateway ${all[0]!.gateway}` : 'gatewayClassName: quadrant',
      },
    )
  const problems = chosen.flatMap((one) => one.problems)
  if (problems.length > 0) {
    writeFindings(
      context,
      workspace,
      problems.map((problem) => problemFinding(workspace, problem)),
    )
    context.process.exitCode = ExitCode.findings
    return
  }
  const [first] = chosen
  if (chosen.length > 1) note(context, `${chosen.length} gateways: each is an entry under its name`)
  const document =
    chosen.length === 1
      ? first!.document
      : Object.fromEntries(chosen.map((one) => [one.gateway, one.document]))
  context.stdout.write(jsonDocument(document as JsonValue))
}
