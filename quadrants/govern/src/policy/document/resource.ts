import type { KindName, SpecOf } from '../kind/kinds.ts'
import type { Metadata } from '../kind/metadata.ts'

/** A resource as it was written, checked, with defaults filled in. */
export interface ResourceOf<K extends KindName> {
  readonly apiVersion: string
  readonly kind: K
  readonly metadata: Metadata & { readonly namespace: string }
  readonly spec: SpecOf<K>
}

export type Resource = { readonly [K in KindName]: ResourceOf<K> }[KindName]

/** A resource of others that policies refer to, as far as is looked at here. */
export interface ForeignObject {
  readonly group: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  /** All of it, of an EndpointSlice or a Secret. */
  readonly content: unknown
  /** Of a Service. */
  readonly ports: readonly ServicePort[]
}

export interface ServicePort {
  readonly name: string | undefined
  readonly port: number
  /** What is spoken there: `kubernetes.io/h2c`. */
  readonly appProtocol: string | undefined
}
