/**
 * Families of what a filter may do besides looking at its exchange, by what proxy-wasm calls them. A release names those
 * that it needs, a gateway those that it grants; single foreign functions have names of their own, `foreign_function:NAME`.
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

/** A release names no more: each family, and some dozen functions. */
export const CAPABILITIES_MAX = 64

const FOREIGN = /^foreign_function:[A-Za-z0-9_.-]{1,64}$/

export function isCapability(text: string): boolean {
  return (CAPABILITIES as readonly string[]).includes(text) || FOREIGN.test(text)
}

/** Whether one of those granted is this one, or the family that it is of. */
export function isGranted(capability: string, granted: readonly string[]): boolean {
  if (granted.includes(capability)) return true
  return FOREIGN.test(capability) && granted.includes('foreign_function')
}

const PROXY: Readonly<Record<string, Capability>> = {
  log: 'log',
  get_log_level: 'log',
  get_buffer_bytes: 'body',
  get_buffer_status: 'body',
  set_buffer_bytes: 'body',
  get_header_map_pairs: 'headers',
  get_header_map_size: 'headers',
  get_header_map_value: 'headers',
  set_header_map_pairs: 'headers',
  add_header_map_value: 'headers',
  replace_header_map_value: 'headers',
  remove_header_map_value: 'headers',
  send_local_response: 'local_reply',
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

/**
 * What an import of a filter is granted by; undefined for what every filter may call: to say that it goes on or is done,
 * the time, and what of WASI leads nowhere.
 */
export function capabilityOfImport(module: string, name: string): Capability | undefined {
  if (module === 'env' && name.startsWith('proxy_')) return PROXY[name.slice('proxy_'.length)]
  if (module === 'wasi_snapshot_preview1' || module === 'wasi_unstable') return WASI[name]
  return undefined
}
