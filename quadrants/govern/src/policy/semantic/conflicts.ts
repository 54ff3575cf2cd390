import { isPolicy, type Policy, type Statement, statementsOf } from '../attachment/levels.ts'
import { comparePrecedence } from '../attachment/precedence.ts'
import { GATEWAY_API_GROUP } from '../kind/kind.ts'
import type { TargetReference } from '../kind/reference.ts'
import type { YamlPath } from '../yaml/yaml-node.ts'
import { objectKey, policiesKey } from './catalog.ts'
import { shownObject } from './object-search.ts'
import type { SemanticContext } from './problem.ts'

/**
 * What of a policy has no effect, as another wins: at the same level by precedence, or by `overrides` of a level above
 * (GEP-713). One answer for each rule and target.
 */
export function findConflicts(context: SemanticContext): void {
  const { resource } = context.declared.document
  if (!resource || !isPolicy(resource)) return
  const told = new Set<string>()
  for (const target of resource.spec.targetRefs)
    for (const statement of statementsOf(resource))
      for (const ruleName of statement.ruleNames) {
        const path: YamlPath =
          statement.part === 'spec' ? ['spec', ruleName] : ['spec', statement.part, ruleName]
        const loss =
          conflictAt(context, statement, target, ruleName) ??
          overrideAbove(context, statement, target, ruleName)
        if (!loss || told.has(path.join(' '))) continue
        told.add(path.join(' '))
        context.report({ ...loss, severity: 'warning', path, isKey: true })
      }
}

interface Loss {
  readonly code: 'conflict' | 'overridden'
  readonly message: string
  readonly fix: string
}

function conflictAt(
  context: SemanticContext,
  statement: Statement,
  target: TargetReference,
  ruleName: string,
): Loss | undefined {
  const { policy } = statement
  for (const other of policiesAt(context, policy, target, policy.metadata.namespace, target.sectionName)) {
    if (other === policy) continue
    for (const theirs of statementsOf(other)) {
      if (!covers(theirs, statement, ruleName)) continue
      const isOverride = theirs.part === 'overrides'
      if (isOverride && statement.part !== 'overrides')
        return {
          code: 'overridden',
          message: `\`${ruleName}\` has no effect: ${shownPolicy(other)} overrides it at the same target`,
          fix: 'remove it here, or the override there',
        }
      if (isOverride === (statement.part === 'overrides') && comparePrecedence(other, policy) < 0)
        return {
          code: 'conflict',
          message: `\`${ruleName}\` has no effect on ${target.kind} ${target.name}: ${shownPolicy(other)} says it too, and ${reasonOf(other, policy)}`,
          fix: 'put them together, or remove one',
        }
    }
  }
  return undefined
}

/** Overrides of all ways from above: if there is one way without, the rule has an effect. */
function overrideAbove(
  context: SemanticContext,
  statement: Statement,
  target: TargetReference,
  ruleName: string,
): Loss | undefined {
  const { policy } = statement
  const ways = waysAbove(context, policy, target)
  const winners = ways.map((way) =>
    way
      .flatMap((place) => policiesAt(context, policy, place, place.namespace, place.sectionName))
      .find((other) =>
        statementsOf(other).some(
          (theirs) => theirs.part === 'overrides' && covers(theirs, statement, ruleName),
        ),
      ),
  )
  const [first] = winners
  if (first === undefined || winners.some((winner) => winner === undefined)) return undefined
  return {
    code: 'overridden',
    message: `\`${ruleName}\` has no effect: ${shownPolicy(first)} overrides it from above`,
    fix: 'remove it here, or the override there',
  }
}

interface Place extends Pick<TargetReference, 'group' | 'kind' | 'name' | 'sectionName'> {
  readonly namespace: string
}

/** What is above a target, by each way that a request can come. */
function waysAbove(
  { lookup }: SemanticContext,
  { metadata: { namespace } }: Policy,
  target: TargetReference,
): readonly (readonly Place[])[] {
  const { group, kind, name, sectionName } = target
  const whole: readonly Place[] = sectionName === undefined ? [] : [{ group, kind, name, namespace }]
  if (kind === 'Gateway' || kind === 'Service') return whole.length > 0 ? [whole] : []
  const route = lookup.find(objectKey(group, kind, namespace, name))[0]?.document.resource
  if (route?.kind !== 'HTTPRoute' && route?.kind !== 'GRPCRoute') return whole.length > 0 ? [whole] : []
  const parents = (route.spec.parentRefs ?? []).filter(
    (parent) => parent.group === GATEWAY_API_GROUP && parent.kind === 'Gateway',
  )
  return parents.map((parent): readonly Place[] => {
    const above = {
      group: GATEWAY_API_GROUP,
      kind: 'Gateway',
      name: parent.name,
      namespace: parent.namespace ?? namespace,
    } as const
    const listener = parent.sectionName === undefined ? [] : [{ ...above, sectionName: parent.sectionName }]
    return [above, listener, whole].flat()
  })
}

function policiesAt(
  { lookup }: SemanticContext,
  { kind: policyKind }: Policy,
  place: Pick<TargetReference, 'group' | 'kind' | 'name'>,
  namespace: string,
  sectionName: string | undefined,
): readonly Policy[] {
  return lookup
    .find(policiesKey(policyKind, place, namespace))
    .flatMap(({ document: { resource } }) =>
      resource &&
      isPolicy(resource) &&
      resource.spec.targetRefs.some(
        (target) =>
          target.kind === place.kind && target.name === place.name && target.sectionName === sectionName,
      )
        ? [resource]
        : [],
    )
}

/** Whether a statement decides a rule of another: it says it too, or it is about all rules at once. */
function covers(theirs: Statement, ours: Statement, ruleName: string): boolean {
  return (
    theirs.ruleNames.includes(ruleName) ||
    theirs.strategy === 'Atomic' ||
    (theirs.part === ours.part && ours.strategy === 'Atomic')
  )
}

function shownPolicy({ kind, metadata: { namespace, name } }: Policy): string {
  return shownObject({ kind, namespace, name })
}

function reasonOf(winner: Policy, loser: Policy): string {
  return winner.metadata.creationTimestamp !== loser.metadata.creationTimestamp &&
    winner.metadata.creationTimestamp !== undefined
    ? 'is older'
    : 'its name comes first'
}
