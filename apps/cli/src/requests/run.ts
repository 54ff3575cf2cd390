import { setTimeout as sleep } from 'node:timers/promises'
import {
  GetRequestInstructionResponseSchema,
  Severity,
  type GetRequestInstructionResponse,
  type RequestInstruction,
  type SamplingProblem,
} from '@quadrant/proto'
import { usageError } from '../cli-error.ts'
import { callError, connectServer, type Server } from '../client/connect.ts'
import { note, type Context } from '../context.ts'
import { jsonDocument, jsonEncoder } from '../output/json.ts'
import { printable } from '../output/printable.ts'
import { withRule, withSettings, withoutRules, type SetFlags } from './edit.ts'
import { problemText } from './problem-text.ts'
import { requestsText } from './requests-text.ts'
import { ruleOf, type RuleFlags } from './rule-flags.ts'
import { Settling, hostState } from './settled.ts'

const TIMEOUT_MS = 10_000
const POLL_MS = 200
/** Agents report once a second: this is for those whose host is busy. */
const SETTLE_MS_MAX = 6000

export interface RequestsFlags {
  readonly output: 'table' | 'json'
  readonly data?: string
}

export interface ChangeFlags extends RequestsFlags {
  readonly dryRun?: boolean
}

type Edit = (requests: RequestInstruction | undefined) => RequestInstruction

/** `quadrant requests list`. @throws CliError */
export async function runRequestsList(context: Context, flags: RequestsFlags): Promise<void> {
  const server = connectServer(context, flags.data)
  show(await told(server, context), flags, context)
}

/** `quadrant requests add NAME`. @throws CliError */
export async function runRequestsAdd(
  context: Context,
  flags: ChangeFlags & RuleFlags & { readonly first?: boolean },
  id: string,
): Promise<void> {
  const rule = ruleOf(id, flags)
  await change(context, flags, (requests) => withRule(requests, rule, flags.first ?? false), id)
}

/** `quadrant requests remove NAME…`. @throws CliError */
export async function runRequestsRemove(
  context: Context,
  flags: ChangeFlags,
  ...ids: readonly string[]
): Promise<void> {
  if (ids.length === 0) throw usageError('NAME of a sampling rule is missing', 'quadrant requests list')
  await change(context, flags, (requests) => withoutRules(requests, ids))
}

/** `quadrant requests set`. @throws CliError */
export async function runRequestsSet(context: Context, flags: ChangeFlags & SetFlags): Promise<void> {
  await change(context, flags, (requests) => withSettings(requests, flags))
}

/** @param typed name of the rule that the command line is about */
async function change(context: Context, flags: ChangeFlags, edit: Edit, typed?: string): Promise<void> {
  const server = connectServer(context, flags.data)
  const before = await told(server, context)
  const requests = edit(before.requests)
  const checkOnly = flags.dryRun ?? false
  const { applied, problems } = await call(server, context, () =>
    server.client.setRequestInstruction(
      { requests, checkOnly },
      { signal: context.signal, timeoutMs: TIMEOUT_MS },
    ),
  )
  tell(problems, requests, context, typed)
  if (!applied) {
    note(context, 'it could be done; nothing was changed, and this is in force:')
    show(before, flags, context)
    return
  }
  if (!requests.off && before.hosts.every(({ report }) => !report))
    note(
      context,
      `requests of ${requests.services.join(', ') || 'all services'} are observed from now on, at some 2 % of their CPU`,
    )
  if (requests.off && requests.samplingRules.length > 0)
    note(context, `requests are off: ${context.command} requests set --on has the rules followed`)
  show(await settled(server, requests, before, context), flags, context)
}

/** What hosts say once they have all said what they make of it, or after a while. */
async function settled(
  server: Server,
  asked: RequestInstruction,
  before: GetRequestInstructionResponse,
  context: Context,
): Promise<GetRequestInstructionResponse> {
  const settling = new Settling(asked, before.hosts)
  const untilMs = performance.now() + SETTLE_MS_MAX
  for (;;) {
    const now = await told(server, context)
    if (settling.isSettled(now.hosts)) return now
    if (performance.now() > untilMs || context.signal.aborted) {
      const late = now.hosts.filter((host) => hostState(host, asked) === 'not yet')
      for (const { host } of late)
        note(context, `${printable(host)} has not said yet that it follows: ${context.command} requests list`)
      return now
    }
    await sleep(POLL_MS, undefined, { signal: context.signal }).catch(() => {})
  }
}

function told(server: Server, context: Context): Promise<GetRequestInstructionResponse> {
  return call(server, context, () =>
    server.client.getRequestInstruction({}, { signal: context.signal, timeoutMs: TIMEOUT_MS }),
  )
}

async function call<T>(server: Server, context: Context, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw callError(error, server, context)
  }
}

/** Warnings are told; an error ends the command: nothing was changed. @throws CliError QDR-C012 */
function tell(
  problems: readonly SamplingProblem[],
  requests: RequestInstruction,
  context: Context,
  typed: string | undefined,
): void {
  const text = (found: readonly SamplingProblem[]) =>
    found.map((problem) => problemText(problem, requests, typed)).join('\n')
  const errors = problems.filter(({ severity }) => severity === Severity.ERROR)
  const others = problems.filter(({ severity }) => severity !== Severity.ERROR)
  if (others.length > 0) note(context, text(others))
  if (errors.length > 0) throw usageError(`the rules were refused, and nothing was changed\n${text(errors)}`)
}

function show(told: GetRequestInstructionResponse, { output }: RequestsFlags, context: Context): void {
  if (output === 'json') {
    context.stdout.write(jsonDocument(jsonEncoder(GetRequestInstructionResponseSchema)(told)))
    return
  }
  context.stdout.write(
    requestsText(told, { nowMs: context.now(), paint: context.paint, columns: context.stdout.columns }),
  )
}
