import { WasmError } from '../error.ts'
import { ABI_EXPORTS, type AbiVersion } from './abi.ts'

/** A callback. Those with fewer parameters, of older versions, leave out what they do not know. */
export type Callback = (...args: number[]) => number | undefined

/** What of a module's exports is called; undefined where it has none. */
export interface FilterExports {
  readonly abi: AbiVersion
  readonly memory: WebAssembly.Memory
  readonly allocate: (size: number) => number
  readonly initialize: Callback | undefined
  readonly start: Callback | undefined
  readonly main: Callback | undefined
  readonly onContextCreate: Callback | undefined
  readonly onVmStart: Callback | undefined
  readonly onConfigure: Callback | undefined
  readonly onTick: Callback | undefined
  readonly onNewConnection: Callback | undefined
  readonly onDownstreamData: Callback | undefined
  readonly onUpstreamData: Callback | undefined
  readonly onDownstreamClose: Callback | undefined
  readonly onUpstreamClose: Callback | undefined
  readonly onRequestHeaders: Callback | undefined
  readonly onRequestBody: Callback | undefined
  readonly onRequestTrailers: Callback | undefined
  readonly onResponseHeaders: Callback | undefined
  readonly onResponseBody: Callback | undefined
  readonly onResponseTrailers: Callback | undefined
  readonly onHttpCallResponse: Callback | undefined
  readonly onGrpcInitialMetadata: Callback | undefined
  readonly onGrpcMessage: Callback | undefined
  readonly onGrpcTrailingMetadata: Callback | undefined
  readonly onGrpcClose: Callback | undefined
  readonly onQueueReady: Callback | undefined
  readonly onForeignFunction: Callback | undefined
  readonly onDone: Callback | undefined
  readonly onLog: Callback | undefined
  readonly onDelete: Callback | undefined
}

/** The version of the ABI that a module's exports name; undefined for a module that is no filter, or names two. */
export function abiVersion(names: Iterable<string>): AbiVersion | undefined {
  let version: AbiVersion | undefined
  for (const name of names) {
    const named = Object.hasOwn(ABI_EXPORTS, name) ? ABI_EXPORTS[name] : undefined
    if (named === undefined) continue
    if (version !== undefined) return undefined
    version = named
  }
  return version
}

/** @throws {WasmError} `link` where it is no filter, or lacks what every filter has */
export function filterExports(instance: WebAssembly.Instance): FilterExports {
  const { exports } = instance
  const abi = abiVersion(Object.keys(exports))
  if (abi === undefined)
    throw new WasmError('link', 'it exports no proxy_abi_version_0_1_0, _0_2_0 or _0_2_1: it is no filter')
  const { memory } = exports
  if (!(memory instanceof WebAssembly.Memory) || !(memory.buffer instanceof ArrayBuffer))
    throw new WasmError('link', 'it exports no memory of its own')
  const named = (name: string): Callback | undefined => {
    const exported = exports[name]
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- functions of the guest take and give numbers
    return typeof exported === 'function' ? (exported as Callback) : undefined
  }
  const allocate = named('malloc') ?? named('proxy_on_memory_allocate')
  if (allocate === undefined)
    throw new WasmError('link', 'it exports neither proxy_on_memory_allocate nor malloc')
  return {
    abi,
    memory,
    allocate: (size) => allocate(size) ?? 0,
    initialize: named('_initialize'),
    start: named('_start'),
    main: named('main'),
    onContextCreate: named('proxy_on_context_create'),
    onVmStart: named('proxy_on_vm_start'),
    onConfigure: named('proxy_on_configure'),
    onTick: named('proxy_on_tick'),
    onNewConnection: named('proxy_on_new_connection'),
    onDownstreamData: named('proxy_on_downstream_data'),
    onUpstreamData: named('proxy_on_upstream_data'),
    onDownstreamClose: named('proxy_on_downstream_connection_close'),
    onUpstreamClose: named('proxy_on_upstream_connection_close'),
    onRequestHeaders: named('proxy_on_request_headers'),
    onRequestBody: named('proxy_on_request_body'),
    onRequestTrailers: named('proxy_on_request_trailers'),
    onResponseHeaders: named('proxy_on_response_headers'),
    onResponseBody: named('proxy_on_response_body'),
    onResponseTrailers: named('proxy_on_response_trailers'),
    onHttpCallResponse: named('proxy_on_http_call_response'),
    onGrpcInitialMetadata: named('proxy_on_grpc_receive_initial_metadata'),
    onGrpcMessage: named('proxy_on_grpc_receive'),
    onGrpcTrailingMetadata: named('proxy_on_grpc_receive_trailing_metadata'),
    onGrpcClose: named('proxy_on_grpc_close'),
    onQueueReady: named('proxy_on_queue_ready'),
    onForeignFunction: abi === '0.1.0' ? undefined : named('proxy_on_foreign_function'),
    onDone: named('proxy_on_done'),
    onLog: named('proxy_on_log'),
    onDelete: named('proxy_on_delete'),
  }
}
