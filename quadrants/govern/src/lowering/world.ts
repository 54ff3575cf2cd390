import type { ForeignObject, Resource } from '../policy/document/resource.ts'

/** Everything that is known when resources are lowered. */
export interface World {
  /** Without those that have errors. */
  readonly resources: readonly Resource[]
  /** Services that are known; others may well be there. */
  readonly services: readonly ForeignObject[]
  /** EndpointSlices and Secrets. */
  readonly contents: readonly ForeignObject[]
  /** Undefined: nothing is known of the namespace. */
  readonly namespaceLabels: (namespace: string) => Readonly<Record<string, string>> | undefined
}
