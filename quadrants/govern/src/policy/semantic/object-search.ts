import { nearest } from '@quadrant/core'
import { GATEWAY_API_GROUP, QUADRANT_GROUP } from '../kind/kind.ts'
import { type Declared, namesKey, objectKey } from './catalog.ts'
import type { SemanticContext } from './problem.ts'

/** Those of Kubernetes itself that are looked for. Others may well be there. */
const CORE_KINDS = new Set(['Service', 'Secret', 'ConfigMap'])

export interface ObjectName {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export type Search =
  | { readonly kind: 'found'; readonly declared: Declared }
  /** Nothing is known of such objects. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'missing'; readonly fix: string | undefined }

export function search({ lookup, isOpenWorld }: SemanticContext, object: ObjectName): Search {
  const { group, kind, namespace, name } = object
  const [declared] = lookup.find(objectKey(group, kind, namespace, name))
  if (declared) return { kind: 'found', declared }
  const isOurs = group === QUADRANT_GROUP || group === GATEWAY_API_GROUP
  if (!isOurs && (isOpenWorld || group !== '' || !CORE_KINDS.has(kind))) return { kind: 'unknown' }
  const names = lookup
    .find(namesKey(group, kind, namespace))
    .flatMap(({ document }) => (document.declares ? [document.declares.name] : []))
  return { kind: 'missing', fix: nearest(name, names) }
}

/** As it is called in messages: `HTTPRoute shop/cart`. */
export function shownObject({ kind, namespace, name }: Omit<ObjectName, 'group'>): string {
  return `${kind} ${namespace}/${name}`
}
