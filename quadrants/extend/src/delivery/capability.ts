/**
 * Families of what a filter may do, by what proxy-wasm calls them. A release names those that it needs, a gateway those
 * that it grants; a call of another family says that it is not granted.
 */
export const CAPABILITIES = [
  'log',
  'headers',
  'body',
  'local_reply',
  'timer',
  'properties',
  'metrics',
  'shared_data',
  'shared_queue',
  'http_call',
  'grpc_call',
  'foreign_function',
  'wasi_clock',
  'wasi_random',
  'wasi_env',
] as const
export type Capability = (typeof CAPABILITIES)[number]

export function isCapability(text: string): text is Capability {
  return (CAPABILITIES as readonly string[]).includes(text)
}

const PROXY: Readonly<Record<string, Capability>> = {
  log: 'log',
  get_log_level: 'log',
  get_buffer_bytes: 'body',
  get_buffer_status: 'body',
  set_buffer_bytes: 'body',
  clear_route_cache: 'headers',
  get_header_map_pairs: 'headers',
  get_header_map_size: 'headers',
  get_header_map_value: 'headers',
  set_header_map_pairs: 'headers',
  add_header_map_value: 'headers',
  replace_header_map_value: 'headers',
  remove_header_map_value: 'headers',
  send_local_response: 'local_reply',
  send_http_response: 'local_reply',
  close_stream: 'local_reply',
  set_tick_period_milliseconds: 'timer',
  get_property: 'properties',
  set_property: 'properties',
  define_metric: 'metrics',
  record_metric: 'metrics',
  increment_metric: 'metrics',
  get_metric: 'metrics',
  get_shared_data: 'shared_data',
  set_shared_data: 'shared_data',
  register_shared_queue: 'shared_queue',
  resolve_shared_queue: 'shared_queue',
  enqueue_shared_queue: 'shared_queue',
  dequeue_shared_queue: 'shared_queue',
  http_call: 'http_call',
  grpc_call: 'grpc_call',
  grpc_stream: 'grpc_call',
  grpc_send: 'grpc_call',
  grpc_cancel: 'grpc_call',
  grpc_close: 'grpc_call',
  call_foreign_function: 'foreign_function',
}

const WASI: Readonly<Record<string, Capability>> = {
  clock_time_get: 'wasi_clock',
  clock_res_get: 'wasi_clock',
  poll_oneoff: 'wasi_clock',
  random_get: 'wasi_random',
  environ_get: 'wasi_env',
  environ_sizes_get: 'wasi_env',
  args_get: 'wasi_env',
  args_sizes_get: 'wasi_env',
}

/** For every filter: to say that it goes on or is done, the time, and what of WASI leads nowhere. */
const ALWAYS = [
  'proxy_get_current_time_nanoseconds',
  'proxy_set_effective_context',
  'proxy_continue_stream',
  'proxy_continue_request',
  'proxy_continue_response',
  'proxy_get_status',
  'proxy_done',
  'proxy_get_configuration',
  'proc_exit',
  'sched_yield',
  'fd_write',
  'fd_close',
  'fd_read',
  'fd_seek',
  'fd_fdstat_get',
  'fd_fdstat_set_flags',
  'fd_prestat_get',
  'fd_prestat_dir_name',
] as const

/**
 * What an import of a filter is granted by; undefined for what every filter may call.
 */
export function capabilityOfImport(module: string, name: string): Capability | undefined {
  if (module === 'env' && name.startsWith('proxy_')) return PROXY[name.slice('proxy_'.length)]
  if (module === 'wasi_snapshot_preview1' || module === 'wasi_unstable') return WASI[name]
  return undefined
}

/** Names of the host calls and WASI functions that a filter with these capabilities may use; what leads nowhere is among them. */
export function importsOf(capabilities: readonly string[]): readonly string[] {
  const families = new Set(capabilities)
  const named = (prefix: string, table: Readonly<Record<string, Capability>>) =>
    Object.entries(table).flatMap(([name, family]) => (families.has(family) ? [`${prefix}${name}`] : []))
  return [...ALWAYS, ...named('proxy_', PROXY), ...named('', WASI)]
}
