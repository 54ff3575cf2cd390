import { createRegistry, type DescFile, type Registry } from '@bufbuild/protobuf'
import { file_envoy_service_discovery_v3_ads } from './gen/envoy/service/discovery/v3/ads_pb.ts'
import { file_envoy_service_discovery_v3_discovery } from './gen/envoy/service/discovery/v3/discovery_pb.ts'
import { file_envoy_config_bootstrap_v3_bootstrap } from './gen/envoy/config/bootstrap/v3/bootstrap_pb.ts'
import { file_envoy_config_cluster_v3_cluster } from './gen/envoy/config/cluster/v3/cluster_pb.ts'
import { file_envoy_config_endpoint_v3_endpoint } from './gen/envoy/config/endpoint/v3/endpoint_pb.ts'
import { file_envoy_config_listener_v3_listener } from './gen/envoy/config/listener/v3/listener_pb.ts'
import { file_envoy_config_route_v3_route } from './gen/envoy/config/route/v3/route_pb.ts'
import { file_envoy_config_core_v3_extension } from './gen/envoy/config/core/v3/extension_pb.ts'
import { file_envoy_config_rbac_v3_rbac } from './gen/envoy/config/rbac/v3/rbac_pb.ts'
import { file_envoy_config_trace_v3_opentelemetry } from './gen/envoy/config/trace/v3/opentelemetry_pb.ts'
import { file_envoy_extensions_access_loggers_file_v3_file } from './gen/envoy/extensions/access_loggers/file/v3/file_pb.ts'
import { file_envoy_extensions_access_loggers_stream_v3_stream } from './gen/envoy/extensions/access_loggers/stream/v3/stream_pb.ts'
import { file_envoy_extensions_filters_http_cors_v3_cors } from './gen/envoy/extensions/filters/http/cors/v3/cors_pb.ts'
import { file_envoy_extensions_filters_http_fault_v3_fault } from './gen/envoy/extensions/filters/http/fault/v3/fault_pb.ts'
import { file_envoy_extensions_filters_http_header_mutation_v3_header_mutation } from './gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.ts'
import { file_envoy_extensions_filters_http_health_check_v3_health_check } from './gen/envoy/extensions/filters/http/health_check/v3/health_check_pb.ts'
import { file_envoy_extensions_filters_http_jwt_authn_v3_config } from './gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.ts'
import { file_envoy_extensions_filters_http_local_ratelimit_v3_local_rate_limit } from './gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.ts'
import { file_envoy_extensions_filters_http_rbac_v3_rbac } from './gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.ts'
import { file_envoy_extensions_filters_http_router_v3_router } from './gen/envoy/extensions/filters/http/router/v3/router_pb.ts'
import { file_envoy_extensions_filters_http_wasm_v3_wasm } from './gen/envoy/extensions/filters/http/wasm/v3/wasm_pb.ts'
import { file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager } from './gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import { file_envoy_extensions_filters_network_rbac_v3_rbac } from './gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.ts'
import { file_envoy_extensions_filters_network_tcp_proxy_v3_tcp_proxy } from './gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts'
import { file_envoy_extensions_filters_network_wasm_v3_wasm } from './gen/envoy/extensions/filters/network/wasm/v3/wasm_pb.ts'
import { file_envoy_extensions_filters_listener_tls_inspector_v3_tls_inspector } from './gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.ts'
import { file_envoy_extensions_rate_limit_descriptors_expr_v3_expr } from './gen/envoy/extensions/rate_limit_descriptors/expr/v3/expr_pb.ts'
import { file_envoy_extensions_transport_sockets_tls_v3_tls } from './gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts'
import { file_envoy_extensions_upstreams_http_v3_http_protocol_options } from './gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts'
import { file_envoy_extensions_wasm_v3_wasm } from './gen/envoy/extensions/wasm/v3/wasm_pb.ts'

/** Each message of Envoy that is generated here, and what those refer to: for `Any`, JSON and options by name. */
export const ENVOY_REGISTRY: Registry = createRegistry(
  ...closure([
    file_envoy_service_discovery_v3_ads,
    file_envoy_service_discovery_v3_discovery,
    file_envoy_config_bootstrap_v3_bootstrap,
    file_envoy_config_cluster_v3_cluster,
    file_envoy_config_endpoint_v3_endpoint,
    file_envoy_config_listener_v3_listener,
    file_envoy_config_route_v3_route,
    file_envoy_config_core_v3_extension,
    file_envoy_config_rbac_v3_rbac,
    file_envoy_config_trace_v3_opentelemetry,
    file_envoy_extensions_access_loggers_file_v3_file,
    file_envoy_extensions_access_loggers_stream_v3_stream,
    file_envoy_extensions_filters_http_cors_v3_cors,
    file_envoy_extensions_filters_http_fault_v3_fault,
    file_envoy_extensions_filters_http_header_mutation_v3_header_mutation,
    file_envoy_extensions_filters_http_health_check_v3_health_check,
    file_envoy_extensions_filters_http_jwt_authn_v3_config,
    file_envoy_extensions_filters_http_local_ratelimit_v3_local_rate_limit,
    file_envoy_extensions_filters_http_rbac_v3_rbac,
    file_envoy_extensions_filters_http_router_v3_router,
    file_envoy_extensions_filters_http_wasm_v3_wasm,
    file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager,
    file_envoy_extensions_filters_network_rbac_v3_rbac,
    file_envoy_extensions_filters_network_tcp_proxy_v3_tcp_proxy,
    file_envoy_extensions_filters_network_wasm_v3_wasm,
    file_envoy_extensions_filters_listener_tls_inspector_v3_tls_inspector,
    file_envoy_extensions_rate_limit_descriptors_expr_v3_expr,
    file_envoy_extensions_transport_sockets_tls_v3_tls,
    file_envoy_extensions_upstreams_http_v3_http_protocol_options,
    file_envoy_extensions_wasm_v3_wasm,
  ]),
)

function closure(roots: readonly DescFile[]): ReadonlySet<DescFile> {
  const files = new Set<DescFile>()
  const visit = (file: DescFile) => {
    if (files.has(file)) return
    files.add(file)
    file.dependencies.forEach(visit)
  }
  roots.forEach(visit)
  return files
}
