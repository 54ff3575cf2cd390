import { createHash } from 'node:crypto'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { FilterReleaseSchema, SignedRelease } from '@quadrant/proto'
import { FILTER_LIMITS } from '@quadrant/wasm/proxy-wasm'
import {
  DEFAULT_MODULE_BYTES_MAX,
  type DeliveryPolicy,
  type FilterGrant,
} from '../delivery/delivery-policy.ts'
import { signRelease } from '../delivery/sign-release.ts'
import { generateSigningKey, readSigningKey, type SigningKey } from '../delivery/signing-key.ts'
import { TrustedKeys } from '../delivery/trusted-keys.ts'

type ReleaseInit = MessageInitShape<typeof FilterReleaseSchema>

/** A moment within the validity of made releases. */
export const NOW_NS = Date.UTC(2026, 5, 1) * 1e6
const DAY_NS = 86_400e9

export interface MadeKey extends SigningKey {
  readonly publicPem: string
  readonly privatePem: string
}

export function madeKey(): MadeKey {
  const { privatePem, publicPem } = generateSigningKey()
  return { ...readSigningKey(privatePem), publicPem, privatePem }
}

/** A module of WebAssembly with a custom section: as many bytes as asked for, other ones for each seed. */
export function madeModule(bytes = 64, seed = 0): Uint8Array {
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0]
  const content = bytes - head.length - 5
  const module = new Uint8Array(bytes)
  module.set(head)
  // The section's length as LEB128 of five bytes, then its name: one character.
  for (let i = 0; i < 5; i++) module[head.length + i] = ((content >>> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0)
  module.set([1, 0x78], head.length + 5)
  for (let i = head.length + 7; i < bytes; i++) module[i] = (i * 31 + seed * 17 + (i >> 8)) & 0xff
  return module
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

export function releaseOf(module: Uint8Array, init: ReleaseInit = {}): ReleaseInit {
  return {
    name: 'auth',
    version: 1n,
    moduleSha256: sha256(module),
    moduleBytes: module.length,
    abi: '0.2.1',
    rootId: 'auth',
    capabilities: ['log', 'headers'],
    notBeforeNs: NOW_NS - DAY_NS,
    expiresNs: NOW_NS + DAY_NS,
    ...init,
  }
}

export function signedOf(key: SigningKey, module: Uint8Array, init: ReleaseInit = {}): SignedRelease {
  return signRelease(releaseOf(module, init), [key])
}

export const GRANT: FilterGrant = {
  capabilities: ['log', 'headers', 'shared-data'],
  ceilings: FILTER_LIMITS,
  moduleBytesMax: DEFAULT_MODULE_BYTES_MAX,
}

export function policyOf(keys: readonly MadeKey[], grant: Partial<FilterGrant> = {}): DeliveryPolicy {
  return {
    keys: TrustedKeys.of(keys.map(({ publicPem }) => publicPem)),
    grants: new Map([['auth', { ...GRANT, ...grant }]]),
  }
}
