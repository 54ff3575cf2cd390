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
