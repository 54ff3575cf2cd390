export {
  DEFAULT_MODULE_BYTES_MAX,
  type DeliveryPolicy,
  type FilterGrant,
} from './delivery/delivery-policy.ts'
export { openDiskDirectory } from './delivery/disk-directory.ts'
export { FilterDelivery, type FilterDeliveryOptions } from './delivery/filter-delivery.ts'
export type { FilterSink, PrepareOptions } from './delivery/filter-sink.ts'
export { FilterSubscription, type FilterSubscriptionOptions } from './delivery/filter-subscription.ts'
export { Probation } from './delivery/probation.ts'
export { ReleaseStore } from './delivery/release-store.ts'
export {
  connectAddress,
  connectSocketPath,
  type DeliveryConnection,
  type DeliveryTls,
} from './delivery/delivery-connection.ts'
export type { StoreDirectory } from './delivery/store-directory.ts'
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
export { checkGateway, type CheckGatewayOptions } from './gateway/config/check-gateway.ts'
export { findGatewayProblems } from './gateway/config/gateway-problems.ts'
export type { GatewayProblem } from './gateway/config/gateway-problem.ts'
export { gatewayReference } from './gateway/config/gateway-reference.ts'
export type { GatewaySpec } from './gateway/config/gateway-spec.ts'
