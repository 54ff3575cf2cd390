import { FILTER_CAPABILITIES, type FilterCapability } from '../gateway/config/filter-spec.ts'

/**
 * What of proxy-wasm each capability is: a release names those that it needs, a gateway's configuration those that it
 * grants. A call of another says that it is not granted.
 */
const HOST_CALLS: Readonly<Record<string, FilterCapability>> = {
  proxy_log: 'log',
  proxy_get_log_level: 'log',
  proxy_get_buffer_bytes: 'body',
  proxy_get_buffer_status: 'body',
  proxy_set_buffer_bytes: 'body',
  proxy_get_header_map_pairs: 'headers',
  proxy_get_header_map_size: 'headers',
  proxy_get_header_map_value: 'headers',
  proxy_set_header_map_pairs: 'headers',
  proxy_add_header_map_value: 'headers',
  proxy_replace_header_map_value: 'headers',
  proxy_remove_header_map_value: 'headers',
  proxy_clear_route_cache: 'headers',
  proxy_send_local_response: 'local-reply',
  proxy_close_stream: 'local-reply',
  proxy_set_tick_period_milliseconds: 'tick',
  proxy_get_property: 'properties',
  proxy_set_property: 'set-properties',
  proxy_define_metric: 'metrics',
  proxy_record_metric: 'metrics',
  proxy_increment_metric: 'metrics',
  proxy_get_metric: 'metrics',
  proxy_get_shared_data: 'shared-data',
  proxy_set_shared_data: 'shared-data',
  proxy_register_shared_queue: 'shared-queue',
  proxy_resolve_shared_queue: 'shared-queue',
  proxy_enqueue_shared_queue: 'shared-queue',
  proxy_dequeue_shared_queue: 'shared-queue',
  proxy_http_call: 'http-call',
  proxy_grpc_call: 'grpc-call',
  proxy_grpc_stream: 'grpc-call',
  proxy_grpc_send: 'grpc-call',
  proxy_grpc_cancel: 'grpc-call',
  proxy_grpc_close: 'grpc-call',
  proxy_call_foreign_function: 'foreign-functions',
}

/** For every filter: to say that it goes on or is done, and the time. */
const ALWAYS = [
  'proxy_get_current_time_nanoseconds',
  'proxy_set_effective_context',
  'proxy_continue_stream',
  'proxy_continue_request',
  'proxy_continue_response',
  'proxy_get_status',
  'proxy_done',
  'proxy_get_configuration',
] as const

/** Of WASI a filter has clocks, randomness and what is written to its log. Nothing leads out. */
const WASI = [
  'args_get',
  'args_sizes_get',
  'environ_get',
  'environ_sizes_get',
  'clock_res_get',
  'clock_time_get',
  'random_get',
  'sched_yield',
  'proc_exit',
  'poll_oneoff',
  'fd_write',
  'fd_read',
  'fd_seek',
  'fd_close',
  'fd_fdstat_get',
  'fd_fdstat_set_flags',
  'fd_prestat_get',
  'fd_prestat_dir_name',
] as const

export function isCapability(text: string): text is FilterCapability {
  return (FILTER_CAPABILITIES as readonly string[]).includes(text)
}

/** What an import of a filter is granted by; undefined for what every filter may call. */
export function capabilityOfImport(module: string, name: string): FilterCapability | undefined {
  return module === 'env' && Object.hasOwn(HOST_CALLS, name) ? HOST_CALLS[name] : undefined
}

/** Names of the host calls and WASI functions that a filter with these capabilities may use. */
export function importsOf(capabilities: readonly string[]): readonly string[] {
  const granted = Object.entries(HOST_CALLS).flatMap(([name, capability]) =>
    capabilities.includes(capability) ? [name] : [],
  )
  return [...ALWAYS, ...WASI, ...granted]
}
