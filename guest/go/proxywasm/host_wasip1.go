package proxywasm

// The 39 calls of the host. Each answers a Status, 0 where it did what was asked for.

//go:wasmimport env proxy_log
//go:noescape
func hostLog(level uint32, message string) uint32

//go:wasmimport env proxy_get_log_level
//go:noescape
func hostGetLogLevel(level *uint32) uint32

//go:wasmimport env proxy_get_current_time_nanoseconds
//go:noescape
func hostGetCurrentTimeNanoseconds(time *uint64) uint32

//go:wasmimport env proxy_set_tick_period_milliseconds
//go:noescape
func hostSetTickPeriodMilliseconds(period uint32) uint32

//go:wasmimport env proxy_done
func hostDone() uint32

//go:wasmimport env proxy_set_effective_context
//go:noescape
func hostSetEffectiveContext(context uint32) uint32

//go:wasmimport env proxy_get_buffer_bytes
//go:noescape
func hostGetBufferBytes(buffer, start, sizeMax uint32, data, size *uint32) uint32

//go:wasmimport env proxy_set_buffer_bytes
//go:noescape
func hostSetBufferBytes(buffer, start, size uint32, value string) uint32

//go:wasmimport env proxy_get_buffer_status
//go:noescape
func hostGetBufferStatus(buffer uint32, size, flags *uint32) uint32

//go:wasmimport env proxy_get_header_map_size
//go:noescape
func hostGetHeaderMapSize(headers uint32, size *uint32) uint32

//go:wasmimport env proxy_get_header_map_pairs
//go:noescape
func hostGetHeaderMapPairs(headers uint32, data, size *uint32) uint32

//go:wasmimport env proxy_set_header_map_pairs
//go:noescape
func hostSetHeaderMapPairs(headers uint32, fields string) uint32

//go:wasmimport env proxy_get_header_map_value
//go:noescape
func hostGetHeaderMapValue(headers uint32, name string, data, size *uint32) uint32

//go:wasmimport env proxy_add_header_map_value
//go:noescape
func hostAddHeaderMapValue(headers uint32, name, value string) uint32

//go:wasmimport env proxy_replace_header_map_value
//go:noescape
func hostReplaceHeaderMapValue(headers uint32, name, value string) uint32

//go:wasmimport env proxy_remove_header_map_value
//go:noescape
func hostRemoveHeaderMapValue(headers uint32, name string) uint32

//go:wasmimport env proxy_continue_stream
//go:noescape
func hostContinueStream(stream uint32) uint32

//go:wasmimport env proxy_close_stream
//go:noescape
func hostCloseStream(stream uint32) uint32

//go:wasmimport env proxy_get_status
//go:noescape
func hostGetStatus(code, data, size *uint32) uint32

//go:wasmimport env proxy_send_local_response
//go:noescape
func hostSendLocalResponse(status uint32, details, body, headers string, grpcStatus int32) uint32

//go:wasmimport env proxy_http_call
//go:noescape
func hostHTTPCall(upstream, headers, body, trailers string, timeoutMs uint32, token *uint32) uint32

//go:wasmimport env proxy_grpc_call
//go:noescape
func hostGRPCCall(upstream, service, method, metadata, message string, timeoutMs uint32, token *uint32) uint32

//go:wasmimport env proxy_grpc_stream
//go:noescape
func hostGRPCStream(upstream, service, method, metadata string, token *uint32) uint32

//go:wasmimport env proxy_grpc_send
//go:noescape
func hostGRPCSend(token uint32, message string, isEnd uint32) uint32

//go:wasmimport env proxy_grpc_cancel
//go:noescape
func hostGRPCCancel(token uint32) uint32

//go:wasmimport env proxy_grpc_close
//go:noescape
func hostGRPCClose(token uint32) uint32

//go:wasmimport env proxy_get_shared_data
//go:noescape
func hostGetSharedData(key string, data, size, cas *uint32) uint32

//go:wasmimport env proxy_set_shared_data
//go:noescape
func hostSetSharedData(key, value string, cas uint32) uint32

//go:wasmimport env proxy_register_shared_queue
//go:noescape
func hostRegisterSharedQueue(name string, token *uint32) uint32

//go:wasmimport env proxy_resolve_shared_queue
//go:noescape
func hostResolveSharedQueue(vmID, name string, token *uint32) uint32

//go:wasmimport env proxy_enqueue_shared_queue
//go:noescape
func hostEnqueueSharedQueue(token uint32, data string) uint32

//go:wasmimport env proxy_dequeue_shared_queue
//go:noescape
func hostDequeueSharedQueue(token uint32, data, size *uint32) uint32

//go:wasmimport env proxy_define_metric
//go:noescape
func hostDefineMetric(kind uint32, name string, token *uint32) uint32

//go:wasmimport env proxy_record_metric
//go:noescape
func hostRecordMetric(token uint32, value uint64) uint32

//go:wasmimport env proxy_increment_metric
//go:noescape
func hostIncrementMetric(token uint32, offset int64) uint32

//go:wasmimport env proxy_get_metric
//go:noescape
func hostGetMetric(token uint32, value *uint64) uint32

//go:wasmimport env proxy_get_property
//go:noescape
func hostGetProperty(path string, data, size *uint32) uint32

//go:wasmimport env proxy_set_property
//go:noescape
func hostSetProperty(path, value string) uint32

//go:wasmimport env proxy_call_foreign_function
//go:noescape
func hostCallForeignFunction(name, arguments string, data, size *uint32) uint32
