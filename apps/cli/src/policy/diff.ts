import { isDeepStrictEqual } from 'node:util'
import type { Ir } from '@quadrant/govern/ir'
import { ExitCode } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { printable } from '../output/printable.ts'
import { writeFindings } from './findings-text.ts'
import { readPolicies } from './read-policies.ts'

/** Prints what two sets of policies mean differently. @throws {CliError} QDR-C013 where a file cannot be read */
export async function runPolicyDiff(
  context: Context,
  _flags: object,
  before: string,
  after: string,
): Promise<void> {
  const old = await readPolicies(context, [before])
  const next = await readPolicies(context, [after])
  for (const { workspace } of [old, next]) {
    const wrong = workspace.findings().filter(({ severity }) => severity === 'error')
    if (wrong.length === 0) continue
    writeFindings(context, workspace, wrong)
    context.process.exitCode = ExitCode.findings
    return
  }
  const left = meaningOf(old.workspace.ir())
  const right = meaningOf(next.workspace.ir())
  let changeCount = 0
  const say = (sign: '-' | '+', text: string) =>
    context.stdout.write(`${context.paint(sign === '-' ? 'red' : 'green', `${sign} ${printable(text)}`)}\n`)
  for (const key of [...new Set([...left.keys(), ...right.keys()])].toSorted((a, b) => (a < b ? -1 : 1))) {
    const was = left.get(key)
    const is = right.get(key)
    if (isDeepStrictEqual(was, is)) continue
    changeCount++
    if (was !== undefined) say('-', `${key} ${JSON.stringify(was)}`)
    if (is !== undefined) say('+', `${key} ${JSON.stringify(is)}`)
  }
  if (changeCount > 0) context.process.exitCode = ExitCode.findings
  else context.stdout.write('both mean the same\n')
}

/** What is in force, by where: `web http/shop/cart/0/0 TimeoutPolicy.request`. */
function meaningOf({ gateways }: Ir): ReadonlyMap<string, unknown> {
  const meaning = new Map<string, unknown>()
  for (const { gateway, listeners } of gateways)
    for (const listener of listeners) {
      const at = `${gateway.namespace}/${gateway.name}:${listener.port}`
      for (const { hostname, routes } of listener.virtualHosts)
        for (const route of routes) {
          const name = `${at} ${hostname} ${route.name}`
          meaning.set(`${name} match`, {
            ...route.match,
            condition: route.condition && { ...route.condition, origin: undefined },
          })
          meaning.set(`${name} action`, withoutOrigins(route.action))
          meaning.set(`${name} mirrors`, withoutOrigins(route.mirrors))
          for (const [kind, rules] of Object.entries(route.policies))
            for (const [rule, decided] of Object.entries(
              rules as Record<string, { readonly value: unknown }>,
            ))
              meaning.set(`${name} ${kind}.${rule}`, decided.value)
        }
    }
  return meaning
}

/** Where something was said is not what it means. */
function withoutOrigins(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) =>
      key === 'origin' || key === 'policies' ? undefined : inner,
    ),
  )
}
