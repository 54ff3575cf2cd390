import { nearest } from '@quadrant/core'
import { isPolicy } from '../attachment/levels.ts'
import type { Declared } from './catalog.ts'
import { search, shownObject } from './object-search.ts'
import type { SemanticContext } from './problem.ts'

/** Whether what a policy is about is there. */
export function findTargetProblems(context: SemanticContext): void {
  const { resource } = context.declared.document
  if (!resource || !isPolicy(resource)) return
  const { namespace } = resource.metadata
  for (const [index, { group, kind, name, sectionName }] of resource.spec.targetRefs.entries()) {
    const path = ['spec', 'targetRefs', index]
    const object = { group, kind, namespace, name }
    const found = search(context, object)
    if (found.kind === 'missing')
      context.report({
        code: 'danglingTarget',
        severity: 'error',
        path: [...path, 'name'],
        message: `there is no ${shownObject(object)}`,
        fix: found.fix ?? `declare it in the namespace ${namespace}`,
      })
    if (found.kind !== 'found' || sectionName === undefined) continue
    const sections = sectionsOf(found.declared)
    if (sections && !sections.includes(sectionName))
      context.report({
        code: 'danglingSection',
        severity: 'error',
        path: [...path, 'sectionName'],
        message: `${shownObject(object)} has no ${SECTION_WORDS[kind]} \`${sectionName}\``,
        fix:
          nearest(sectionName, sections) ??
          (sections.length > 0 ? `one of ${sections.join(', ')}` : `name: ${sectionName}`),
      })
  }
}

const SECTION_WORDS = { Gateway: 'listener', HTTPRoute: 'rule', GRPCRoute: 'rule', Service: 'port' } as const

/** Names of the parts of something; undefined where it cannot be read. */
function sectionsOf({ document: { resource, foreign } }: Declared): readonly string[] | undefined {
  if (foreign) return named(foreign.ports)
  if (resource?.kind === 'Gateway') return named(resource.spec.listeners)
  if (resource?.kind === 'HTTPRoute' || resource?.kind === 'GRPCRoute')
    return named(resource.spec.rules ?? [])
  return undefined
}

function named(parts: readonly { readonly name?: string | undefined }[]): readonly string[] {
  return parts.flatMap(({ name }) => (name === undefined ? [] : [name]))
}
