import { nearest } from '@quadrant/core'
import { GatewayCode } from './codes.ts'
import type { ProblemList, ProblemPlace } from './gateway-problem.ts'

/** Things with names, of which no two have the same one. Returns them by name. */
export function namedOnce<T extends { readonly name: string }>(
  problems: ProblemList,
  what: string,
  things: readonly T[],
): ReadonlyMap<string, T> {
  const byName = new Map<string, T>()
  for (const thing of things)
    if (byName.has(thing.name))
      problems.wrong(
        GatewayCode.duplicate,
        [thing, 'name'],
        `two ${what}s are called ${thing.name}`,
        'give each its own name',
      )
    else byName.set(thing.name, thing)
  return byName
}

/** Whether the name stands for something; if not, it is said. */
export function isDeclared(
  problems: ProblemList,
  what: string,
  name: string,
  declared: ReadonlyMap<string, unknown>,
  place: ProblemPlace,
): boolean {
  if (declared.has(name)) return true
  problems.wrong(
    GatewayCode.undeclared,
    place,
    `there is no ${what} \`${name}\``,
    nearest(name, [...declared.keys()]) ?? `declare it under ${what.replace(' ', '_')}s`,
  )
  return false
}
