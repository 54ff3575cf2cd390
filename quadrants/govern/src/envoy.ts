// Policies for Envoy: resources of xDS.
export {
  compileEnvoy,
  type CompileEnvoyOptions,
  ENVOY_TYPES,
  type EnvoyOutput,
  type EnvoyResource,
  gatewayView,
} from './envoy/compile-envoy.ts'
export { encodeEnvoy } from './envoy/encode-envoy.ts'
export { authoritySecret, type EnvoyEndpoint, loadAssignment, tlsSecret } from './envoy/envoy-endpoints.ts'
