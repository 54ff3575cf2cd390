import type { ResourceOf } from '../document/resource.ts'
import { GATEWAY_API_GROUP } from '../kind/kind.ts'

type Listener = ResourceOf<'Gateway'>['spec']['listeners'][number]
type Selector = NonNullable<Listener['allowedRoutes']['namespaces']['selector']>
type Labels = Readonly<Record<string, string>>

/** Why a listener does not take a route; undefined where it does. @param labelsOf undefined: nothing is known of them */
export function listenerRefusal(
  route: { readonly kind: string; readonly metadata: { readonly namespace: string } },
  gatewayNamespace: string,
  { protocol, allowedRoutes }: Listener,
  labelsOf: (namespace: string) => Labels | undefined,
): string | undefined {
  if (protocol !== 'HTTP' && protocol !== 'HTTPS') return `${protocol} carries no ${route.kind}`
  const { kinds, namespaces } = allowedRoutes
  if (
    kinds &&
    kinds.length > 0 &&
    !kinds.some(({ group, kind }) => group === GATEWAY_API_GROUP && kind === route.kind)
  )
    return `it takes ${kinds.map(({ kind }) => kind).join(', ')}`
  const { namespace } = route.metadata
  if (namespaces.from === 'Same')
    return namespace === gatewayNamespace ? undefined : `it takes those of ${gatewayNamespace} alone`
  if (namespaces.from === 'All') return undefined
  const labels = labelsOf(namespace)
  // What nothing is known of may well have them.
  if (labels === undefined || isSelected(namespaces.selector, labels)) return undefined
  return `the labels of ${namespace} are not those that it asks for`
}

/** Label selectors of Kubernetes. */
function isSelected(selector: Selector | undefined, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {}
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key]
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value)
        case 'NotIn':
          return value === undefined || !values.includes(value)
        case 'Exists':
          return value !== undefined
        case 'DoesNotExist':
          return value === undefined
      }
    })
  )
}
