import { nearest } from '@quadrant/core'
import type { ResourceOf } from '../document/resource.ts'
import { GATEWAY_API_GROUP } from '../kind/kind.ts'
import type { ParentReference } from '../kind/reference.ts'
import { objectKey } from './catalog.ts'
import { listenerRefusal } from './listener-admission.ts'
import { haveCommonHost } from './hostnames.ts'
import { type ObjectName, search, shownObject } from './object-search.ts'
import type { SemanticContext } from './problem.ts'

type Route = ResourceOf<'HTTPRoute'> | ResourceOf<'GRPCRoute'>
type Listener = ResourceOf<'Gateway'>['spec']['listeners'][number]

/** Whether a route's parents are there, take it, and have a hostname in common with it. */
export function findParentProblems(context: SemanticContext): void {
  const { resource } = context.declared.document
  if (resource?.kind !== 'HTTPRoute' && resource?.kind !== 'GRPCRoute') return
  const { parentRefs = [] } = resource.spec
  if (parentRefs.length === 0)
    context.report({
      code: 'noEffect',
      severity: 'warning',
      path: ['metadata', 'name'],
      message: 'a route without `parentRefs` gets no requests',
      fix: 'parentRefs: [{ name: … }]',
    })
  for (const [index, parent] of parentRefs.entries()) checkParent(context, resource, parent, index)
}

function checkParent(context: SemanticContext, route: Route, parent: ParentReference, index: number): void {
  const path = ['spec', 'parentRefs', index]
  const { group, kind, name, sectionName, port } = parent
  const gateway: ObjectName = {
    group,
    kind,
    namespace: parent.namespace ?? route.metadata.namespace,
    name,
  }
  const isGateway = group === GATEWAY_API_GROUP && kind === 'Gateway'
  if (!isGateway && !(group === '' && kind === 'Service')) {
    context.report({
      code: 'noEffect',
      severity: 'warning',
      path: [...path, 'kind'],
      message: `parents of kind ${kind} are not read here`,
      fix: 'kind: Gateway, or kind: Service with group: ""',
    })
    return
  }
  const found = search(context, gateway)
  if (found.kind === 'missing')
    context.report({
      code: 'danglingParent',
      severity: 'error',
      path: [...path, 'name'],
      message: `there is no ${shownObject(gateway)}`,
      fix: found.fix ?? `declare it in the namespace ${gateway.namespace}`,
    })
  if (found.kind !== 'found') return
  const { resource } = found.declared.document
  if (resource?.kind !== 'Gateway') return
  const { listeners } = resource.spec
  const named = listeners.filter((listener) => sectionName === undefined || listener.name === sectionName)
  if (named.length === 0) {
    const names = listeners.map((listener) => listener.name)
    context.report({
      code: 'danglingParent',
      severity: 'error',
      path: [...path, 'sectionName'],
      message: `${shownObject(gateway)} has no listener \`${sectionName}\``,
      fix: nearest(sectionName ?? '', names) ?? `one of ${names.join(', ')}`,
    })
    return
  }
  const chosen = named.filter((listener) => port === undefined || listener.port === port)
  if (chosen.length === 0) {
    context.report({
      code: 'danglingParent',
      severity: 'error',
      path: [...path, 'port'],
      message: `${shownObject(gateway)} has no listener with port ${port}`,
      fix: `one of ${named.map((listener) => listener.port).join(', ')}`,
    })
    return
  }
  checkListeners(context, route, gateway, chosen, [
    ...path,
    sectionName === undefined ? 'name' : 'sectionName',
  ])
}

function checkListeners(
  context: SemanticContext,
  route: Route,
  gateway: ObjectName,
  listeners: readonly Listener[],
  path: readonly (string | number)[],
): void {
  const labelsOf = (namespace: string) =>
    context.lookup.find(objectKey('', 'Namespace', '', namespace))[0]?.document.foreign?.labels
  const refusals = listeners.map((listener) => listenerRefusal(route, gateway.namespace, listener, labelsOf))
  const taking = listeners.filter((_listener, index) => refusals[index] === undefined)
  if (taking.length === 0) {
    context.report({
      code: 'routeNotAllowed',
      severity: 'error',
      path,
      message: `${shownObject(gateway)} does not take this route: ${refusals[0]}`,
      fix: 'allowedRoutes of the listener, or another listener',
    })
    return
  }
  const { hostnames = [] } = route.spec
  const isReached = (hostname: string) =>
    taking.some((listener) => listener.hostname === undefined || haveCommonHost(listener.hostname, hostname))
  const lost = hostnames.flatMap((hostname, index) => (isReached(hostname) ? [] : [{ hostname, index }]))
  const isAll = lost.length === hostnames.length
  const listenerHosts = taking.map(({ hostname }) => hostname ?? '*').join(', ')
  for (const { hostname, index } of isAll ? lost.slice(0, 1) : lost)
    context.report({
      code: isAll ? 'hostnameMismatch' : 'noEffect',
      severity: isAll ? 'error' : 'warning',
      path: ['spec', 'hostnames', index],
      message: `no listener of ${shownObject(gateway)} is for ${hostname}`,
      fix: `its listeners are for ${listenerHosts}`,
    })
}
