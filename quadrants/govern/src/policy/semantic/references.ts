import { DEFAULT_NAMESPACE } from '../kind/metadata.ts'
import type { FoundReference } from '../schema/check-shape.ts'
import { grantsKey } from './catalog.ts'
import { search, shownObject } from './object-search.ts'
import type { SemanticContext } from './problem.ts'

/** Whether what a resource refers to is there, has the port, and may be referred to. */
export function findReferenceProblems(context: SemanticContext): void {
  const { document } = context.declared
  if (!document.resource) return
  const home = document.resource.metadata.namespace
  for (const reference of document.references) {
    const path = ['spec', ...reference.path.slice(1)]
    const object = { ...reference, namespace: reference.namespace ?? home }
    if (object.namespace !== home && !isGranted(context, reference, object.namespace))
      context.report({
        code: 'noReferenceGrant',
        severity: 'error',
        path: [...path, 'namespace'],
        message: `no ReferenceGrant in ${object.namespace} lets a ${document.resource.kind} of ${home} refer to ${shownObject(object)}`,
        fix: `a ReferenceGrant in ${object.namespace}, from ${document.resource.kind} of ${home} to ${reference.kind}`,
      })
    const found = search(context, object)
    if (found.kind === 'missing')
      context.report({
        code: 'danglingBackend',
        severity: 'error',
        path: [...path, 'name'],
        message: `there is no ${shownObject(object)}`,
        fix: found.fix ?? `declare it in the namespace ${object.namespace}`,
      })
    const ports = found.kind === 'found' ? found.declared.document.foreign?.ports : undefined
    if (!ports || reference.kind !== 'Service' || reference.port === undefined) continue
    if (!ports.some(({ port }) => port === reference.port))
      context.report({
        code: 'danglingPort',
        severity: 'error',
        path: [...path, 'port'],
        message: `${shownObject(object)} has no port ${reference.port}`,
        fix:
          ports.length > 0 ? `one of ${ports.map(({ port }) => port).join(', ')}` : `give the service a port`,
      })
  }
}

function isGranted(
  { declared, lookup }: SemanticContext,
  { group, kind, name }: FoundReference,
  namespace: string,
): boolean {
  const from = declared.document.declares
  return lookup.find(grantsKey(namespace)).some(({ document: { resource } }) => {
    if (resource?.kind !== 'ReferenceGrant' || !from) return false
    const { spec } = resource
    return (
      spec.from.some(
        (one) =>
          one.group === from.group &&
          one.kind === from.kind &&
          one.namespace === (from.namespace || DEFAULT_NAMESPACE),
      ) &&
      spec.to.some(
        (one) => one.group === group && one.kind === kind && (one.name === undefined || one.name === name),
      )
    )
  })
}
