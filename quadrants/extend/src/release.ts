// What those need of releases who run none: to sign, read and check them.
export { capabilityOfImport, isCapability } from './delivery/capability.ts'
export { limitNames, type LimitName } from './delivery/filter-limits.ts'
export { CHUNK_BYTES_MAX } from './delivery/module-download.ts'
export { ORDER_BYTES_MAX, readOrder } from './delivery/read-order.ts'
export { FILTER_NAME, readRelease, RELEASE_BYTES_MAX, SHA256_BYTES } from './delivery/read-release.ts'
export type { Refusal, RefusalCode } from './delivery/refusal.ts'
export { signOrder, signRelease } from './delivery/sign-release.ts'
export { tooLarge } from './delivery/signers.ts'
export {
  generateSigningKey,
  keyIdOf,
  publicPemOf,
  readPublicKey,
  readSigningKey,
  SignedKind,
  type SigningKey,
} from './delivery/signing-key.ts'
export { TrustedKeys } from './delivery/trusted-keys.ts'
export { releaseDigest } from './delivery/verify-release.ts'
export { FILTER_CAPABILITIES, type FilterCapability } from './filters/capability.ts'
export { ExtendError, type ExtendErrorCode } from './error.ts'
