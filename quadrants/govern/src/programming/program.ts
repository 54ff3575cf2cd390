import type { Origin } from '../ir/origin.ts'
import type { XdsResource } from '../xds/resource.ts'
import type { ResourceKey } from '../xds/xds-server.ts'

/** A resource that proxies are to have, and what is known of where it comes from. */
export interface ProgramResource {
  readonly resource: XdsResource
  /** What a proxy asks for as soon as it has this, and cannot use it before: of a cluster its endpoints. */
  readonly needs?: ResourceKey | undefined
  /** Where what a proxy says of it comes from: the part of the policies that it is about. */
  readonly originOf: (error: string) => Origin | undefined
}

/** A resource that a proxy does not take. */
export interface Refusal {
  readonly typeUrl: string
  readonly name: string
  /** Ids of proxies, in the order in which they said so; none where it never went out. */
  readonly nodes: readonly string[]
  /** In the proxy's words, or those of the check before. */
  readonly error: string
  readonly origin: Origin | undefined
  /** The last version that proxies took is served instead. */
  readonly isOlderServed: boolean
}

export function programKey({ typeUrl, name }: { readonly typeUrl: string; readonly name: string }): string {
  return `${typeUrl} ${name}`
}
