import { isIP } from 'node:net'
import type { EvaluatedRequest, Explanation } from '@quadrant/govern/evaluator'
import { explainRequest } from '@quadrant/govern/evaluator'
import type { Origin } from '@quadrant/govern/ir'
import type { PolicyWorkspace } from '@quadrant/govern/policy'
import { CliError, ExitCode, usageError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { jsonDocument, type JsonValue } from '../output/json.ts'
import { printable } from '../output/printable.ts'
import { writeFindings } from './findings-text.ts'
import { readPolicies } from './read-policies.ts'

export interface PolicyExplainFlags {
  readonly policies: readonly string[]
  readonly from?: string
  readonly header?: readonly string[]
  readonly port?: number
  readonly output: 'table' | 'json'
}

/**
 * Prints what becomes of a request, by which policies, and which of them lost.
 *
 * @throws {CliError} QDR-C012 where the request cannot be read, QDR-C013 where a file cannot
 */
export async function runPolicyExplain(
  context: Context,
  { policies, from, header = [], port, output }: PolicyExplainFlags,
  method: string,
  address: string,
): Promise<void> {
  const { workspace } = await readPolicies(context, policies)
  const wrong = workspace.findings().filter(({ severity }) => severity === 'error')
  if (wrong.length > 0) {
    writeFindings(context, workspace, wrong)
    context.process.exitCode = ExitCode.findings
    return
  }
  const request = requestOf(method, address, from, header)
  const asked = port ?? Number(URL.parse(address)!.port || (request.scheme === 'https' ? 443 : 80))
  const explanations = explainRequest(workspace.ir(), request, asked)
  if (explanations.length === 0)
    throw new CliError('QDR-C016', `no Gateway listens on port ${asked} for ${request.scheme}`, {
      fix: '--port, for gateways that are reached by another one',
    })
  if (output === 'json') {
    context.stdout.write(
      jsonDocument(explanations.map((one) => explanationJson(one, workspace)) as JsonValue),
    )
    return
  }
  for (const explanation of explanations)
    context.stdout.write(`${explanationLines(context, explanation, workspace).join('\n')}\n`)
}

function requestOf(
  method: string,
  address: string,
  from: string | undefined,
  headers: readonly string[],
): EvaluatedRequest {
  const url = URL.parse(address)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw usageError(`${address} is no address of http or https`)
  const fields = headers.map((line) => {
    const colon = line.indexOf(':')
    if (colon < 1) throw usageError(`--header '${line}': a header is 'name: value'`)
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return {
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    method: method.toUpperCase(),
    authority: url.host,
    target: url.pathname + url.search,
    headers: fields,
    source: { address: from !== undefined && isIP(from) !== 0 ? from : '192.0.2.1', port: 40_000 },
    ...(from === undefined || isIP(from) !== 0 ? {} : { peer: { uri: from } }),
  }
}

function explanationLines(
  { paint }: Context,
  { gateway, decision, rules }: Explanation,
  workspace: PolicyWorkspace,
): readonly string[] {
  const { namespace, name } = gateway.gateway
  const lines = [`${paint('bold', `Gateway ${namespace}/${name}`)}: ${outcomeText(decision.outcome)}`, '']
  for (const { what, said, isShadow, origin } of decision.steps)
    lines.push(
      `  ${what.padEnd(14)}${printable(said)}${isShadow === true ? ' (shadow)' : ''}  ${paint('dim', placeText(origin, workspace))}`,
    )
  if (rules.length === 0) return lines
  lines.push('', paint('bold', 'in force'))
  for (const { kind, rule, value, claim, lost } of rules) {
    lines.push(
      `  ${kind}.${rule} = ${printable(shown(value))}  ${paint('dim', claim ? `${claim.level.toLowerCase()}, ${claim.part}, ${placeText(claim.origin, workspace)}` : 'nobody says otherwise')}`,
    )
    for (const loser of lost)
      lines.push(
        `    not ${printable(shown(loser.value))}  ${paint('dim', `${loser.level.toLowerCase()}, ${placeText(loser.origin, workspace)}: ${REASONS[loser.reason]}`)}`,
      )
  }
  return lines
}

const REASONS = {
  narrower: 'a narrower level says otherwise',
  overridden: 'it is overridden',
  precedence: 'another one at this level is older, or its name comes first',
  atomic: 'another one stands for all rules at once',
} as const

const SHOWN_LENGTH_MAX = 120

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text
}

function placeText(origin: Origin | undefined, workspace: PolicyWorkspace): string {
  const place = origin && workspace.locate(origin)
  return place ? `${place.file}:${place.line}:${place.column}` : ''
}

function outcomeText(outcome: Explanation['decision']['outcome']): string {
  switch (outcome.kind) {
    case 'respond':
      return `answered with ${outcome.status}, by ${outcome.by}`
    case 'redirect':
      return `sent to ${printable(outcome.location)} with ${outcome.status}`
    case 'forward':
      return `goes to ${outcome.clusters.map(({ cluster, share }) => `${cluster} (${Math.round(share * 1000) / 10} %)`).join(', ')}`
  }
}

function explanationJson({ gateway, decision, rules }: Explanation, workspace: PolicyWorkspace): object {
  const place = (origin: Origin | undefined) => (origin && workspace.locate(origin)) ?? null
  return {
    gateway: `${gateway.gateway.namespace}/${gateway.gateway.name}`,
    route: decision.route ?? null,
    outcome: decision.outcome,
    steps: decision.steps.map(({ what, said, isShadow = false, origin }) => ({
      what,
      said,
      shadow: isShadow,
      place: place(origin),
    })),
    rules: rules.map(({ kind, rule, value, claim, lost }) => ({
      kind,
      rule,
      value,
      level: claim?.level ?? null,
      part: claim?.part ?? null,
      place: place(claim?.origin),
      lost: lost.map(({ value: other, level, part, reason, origin }) => ({
        value: other,
        level,
        part,
        reason,
        place: place(origin),
      })),
    })),
  }
}
