import { list, optional, type RuleOptions } from '../../schema/declare.ts'
import { hostname } from '../names.ts'
import { type ParentReference, parentReference } from '../reference.ts'

const identity = ({ group, kind, namespace, name }: ParentReference) =>
  `${group}/${kind}/${namespace ?? ''}/${name}`

/** Parents that are the same thing differ in `sectionName` or `port`. */
const parentRules: readonly RuleOptions<readonly ParentReference[]>[] = [
  {
    code: 'duplicateItem',
    message: 'another parent is the same one; then each has its own `sectionName` or `port`',
    fix: 'sectionName: …',
    cel: `self.all(p1, self.exists_one(p2, p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name
  && p1.?namespace.orValue('') == p2.?namespace.orValue('')
  && p1.?sectionName.orValue('') == p2.?sectionName.orValue('') && p1.?port.orValue(0) == p2.?port.orValue(0)))`,
    holds: (parents) => repeatedParent(parents) === -1,
    at: (parents) => [repeatedParent(parents)],
  },
  {
    code: 'missing',
    message: 'of two references to the same parent each needs `sectionName` or `port`',
    fix: 'sectionName: …',
    cel: `self.all(p1, self.all(p2, p1 == p2 || p1.group != p2.group || p1.kind != p2.kind || p1.name != p2.name
  || p1.?namespace.orValue('') != p2.?namespace.orValue('')
  || ((has(p1.sectionName) || has(p1.port)) && (has(p2.sectionName) || has(p2.port)))))`,
    holds: (parents) => vagueParent(parents) === -1,
    at: (parents) => [vagueParent(parents)],
  },
]

function repeatedParent(parents: readonly ParentReference[]): number {
  const seen = new Set<string>()
  return parents.findIndex((parent) => {
    const key = `${identity(parent)}/${parent.sectionName ?? ''}/${parent.port ?? ''}`
    if (seen.has(key)) return true
    seen.add(key)
    return false
  })
}

function vagueParent(parents: readonly ParentReference[]): number {
  return parents.findIndex(
    (parent, index) =>
      parent.sectionName === undefined &&
      parent.port === undefined &&
      parents.some(
        (other, at) =>
          at !== index &&
          identity(other) === identity(parent) &&
          (other.sectionName !== undefined || other.port !== undefined),
      ),
  )
}

/** Of routes of any kind. */
export const routeFields = {
  parentRefs: optional(
    'Gateways that have the route, or services of the mesh.',
    list(parentReference, { max: 32, rules: parentRules }),
  ),
  hostnames: optional('Which hosts it is for. None: all of the listener.', list(hostname, { max: 16 })),
}

/** A rule may have a name, and no two have the same. */
export const ruleNamesRule: RuleOptions<readonly { readonly name?: string }[]> = {
  code: 'duplicateItem',
  message: 'another rule of the route has the same name',
  fix: 'give it another one',
  cel: 'self.all(l1, !has(l1.name) || self.exists_one(l2, has(l2.name) && l1.name == l2.name))',
  holds: (rules) => repeatedName(rules) === -1,
  at: (rules) => [repeatedName(rules), 'name'],
}

function repeatedName(rules: readonly { readonly name?: string }[]): number {
  return rules.findIndex(
    ({ name }, index) => name !== undefined && rules.findIndex((other) => other.name === name) < index,
  )
}

/** Of all rules together: more is refused by API servers. */
const MATCHES_MAX = 128

export const matchCountRule: RuleOptions<readonly { readonly matches?: readonly unknown[] }[]> = {
  code: 'wrongCount',
  message: `the rules of a route have at most ${MATCHES_MAX} matches together`,
  fix: 'make two routes of it',
  cel: `self.map(r, has(r.matches) ? r.matches.size() : 0).sum() <= ${MATCHES_MAX}`,
  holds: (rules) => rules.reduce((sum, { matches }) => sum + (matches?.length ?? 0), 0) <= MATCHES_MAX,
}
