/** Families of what a filter can be granted, and the hostcalls of each. */
const FAMILIES = {
  headers: [
    'proxy_get_header_map_value',
    'proxy_get_header_map_pairs',
    'proxy_get_header_map_size',
    'proxy_set_header_map_pairs',
    'proxy_add_header_map_value',
    'proxy_replace_header_map_value',
    'proxy_remove_header_map_value',
    'proxy_clear_route_cache',
  ],
  body: ['proxy_set_buffer_bytes'],
  'local-reply': ['proxy_send_local_response', 'proxy_close_stream'],
  properties: ['proxy_get_property'],
  'set-properties': ['proxy_set_property'],
  'http-call': ['proxy_http_call'],
  'grpc-call': [
    'proxy_grpc_call',
    'proxy_grpc_stream',
    'proxy_grpc_send',
    'proxy_grpc_cancel',
    'proxy_grpc_close',
  ],
  'shared-data': ['proxy_get_shared_data', 'proxy_set_shared_data'],
  'shared-queue': [
    'proxy_register_shared_queue',
    'proxy_resolve_shared_queue',
    'proxy_enqueue_shared_queue',
    'proxy_dequeue_shared_queue',
  ],
  metrics: ['proxy_define_metric', 'proxy_increment_metric', 'proxy_record_metric', 'proxy_get_metric'],
  log: ['proxy_log', 'fd_write'],
  tick: ['proxy_set_tick_period_milliseconds'],
  'foreign-functions': ['proxy_call_foreign_function'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type FilterCapability = keyof typeof FAMILIES

/** All that there are, by their names. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of its own record
export const FILTER_CAPABILITIES = Object.keys(FAMILIES) as readonly FilterCapability[]

/**
 * What every filter has: without it none starts, and it reaches nobody by it. Its body and its configuration come by one
 * call, so that reading is everybody's; `body` is to change it.
 */
const BASE: readonly string[] = [
  'proxy_get_buffer_bytes',
  'proxy_get_buffer_status',
  'proxy_get_configuration',
  'proxy_get_log_level',
  'proxy_get_current_time_nanoseconds',
  'proxy_set_effective_context',
  'proxy_done',
  'proxy_get_status',
  'proxy_continue_stream',
  'proxy_continue_request',
  'proxy_continue_response',
  'emscripten_notify_memory_growth',
  'pthread_equal',
  'abort',
]

/** Names of the hostcalls that filters with these capabilities have. WASI is all there but for what is logged. */
export function grantedCalls(capabilities: readonly FilterCapability[]): ReadonlySet<string> {
  return new Set([...BASE, ...capabilities.flatMap((capability) => FAMILIES[capability])])
}
