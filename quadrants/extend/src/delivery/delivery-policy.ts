import type { FilterLimits } from '@quadrant/wasm/proxy-wasm'
import type { FailurePolicy } from '../filters/plugin/plugin-spec.ts'
import type { TrustedKeys } from './trusted-keys.ts'

/** What a gateway's own configuration says of one filter. Nobody else can change it. */
export interface FilterGrant {
  readonly capabilities: readonly string[]
  /** Most that a release may ask for, and what holds where it asks for nothing. */
  readonly ceilings: FilterLimits
  /** Over what a release says; undefined: as it says. */
  readonly onFailure?: FailurePolicy
  readonly moduleBytesMax: number
  /** In hexadecimal; undefined: whichever was signed. */
  readonly moduleSha256?: string
  /** With whose `vm_id` it may share data, besides its own name; looked at where not everybody may sign it. */
  readonly vmId?: string
  /** Ids of the keys that may sign it; undefined: any that is trusted. */
  readonly keyIds?: readonly string[]
  /** How many of these must have; default 1. */
  readonly signaturesMin?: number
  /** Whether the server's word, without a signature, may switch it off and on. Default false. */
  readonly followsUnsignedOrders?: boolean
}

export interface DeliveryPolicy {
  readonly keys: TrustedKeys
  /** By the names of filters: those that the gateway has a place for. */
  readonly grants: ReadonlyMap<string, FilterGrant>
}

/** Modules of Go with the SDK have some 3 MB, with large dependencies some ten. */
export const DEFAULT_MODULE_BYTES_MAX = 32 << 20
