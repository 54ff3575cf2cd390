export {
  CAPABILITIES,
  capabilityOfImport,
  importsOf,
  isCapability,
  type Capability,
} from './delivery/capability.ts'
export {
  DEFAULT_MODULE_BYTES_MAX,
  type DeliveryPolicy,
  type FilterGrant,
} from './delivery/delivery-policy.ts'
export { openDiskDirectory } from './delivery/disk-directory.ts'
export { FilterDelivery, type FilterDeliveryOptions } from './delivery/filter-delivery.ts'
export { limitNames, type LimitName } from './delivery/filter-limits.ts'
export type { FilterSink, PrepareOptions } from './delivery/filter-sink.ts'
export { FilterSubscription, type FilterSubscriptionOptions } from './delivery/filter-subscription.ts'
export { CHUNK_BYTES_MAX, WINDOW_BYTES } from './delivery/module-download.ts'
export { ORDER_BYTES_MAX, readOrder } from './delivery/read-order.ts'
export { FILTER_NAME, readRelease, RELEASE_BYTES_MAX, SHA256_BYTES } from './delivery/read-release.ts'
export type { Refusal, RefusalCode } from './delivery/refusal.ts'
export { ReleaseStore } from './delivery/release-store.ts'
export { signOrder, signRelease } from './delivery/sign-release.ts'
export {
  generateSigningKey,
  keyIdOf,
  readPublicKey,
  readSigningKey,
  type SigningKey,
} from './delivery/signing-key.ts'
export { connectSocketPath, type DeliveryConnection } from './delivery/socket-connection.ts'
export type { StoreDirectory } from './delivery/store-directory.ts'
export { TrustedKeys } from './delivery/trusted-keys.ts'
export {
  releaseDigest,
  verifyRelease,
  type ReleaseVerdict,
  type VerifiedRelease,
} from './delivery/verify-release.ts'
export { ExtendError, type ExtendErrorCode } from './error.ts'
export type { InferenceLimits } from './inference/inference-limits.ts'
export {
  inferenceModule,
  type InferenceCounts,
  type InferenceModule,
  type InferenceModuleOptions,
} from './inference/inference-module.ts'
export type { ElementType } from './inference/element-type.ts'
export type { Execution, InferenceRuntime, Model } from './inference/model.ts'
export { ModelStore, type ModelSource } from './inference/model-store.ts'
export { openNativeRuntime, type NativeRuntimeOptions } from './inference/native/native-runtime.ts'
export { NnErrno } from './inference/nn-errno.ts'
export { openWasmRuntime, type WasmRuntimeOptions } from './inference/onnx-web/wasm-runtime.ts'
export { TensorBudget } from './inference/tensor-budget.ts'
export type { TensorSpec } from './inference/tensor-spec.ts'
