package main

// The calls of the host with plain numbers, so that any can be given.

//go:wasmimport env proxy_log
func hostLog(level, data, size uint32) uint32

//go:wasmimport env proxy_get_log_level
func hostGetLogLevel(level uint32) uint32

//go:wasmimport env proxy_get_current_time_nanoseconds
func hostGetCurrentTimeNanoseconds(time uint32) uint32

//go:wasmimport env proxy_set_tick_period_milliseconds
func hostSetTickPeriodMilliseconds(period uint32) uint32

//go:wasmimport env proxy_done
func hostDone() uint32

//go:wasmimport env proxy_set_effective_context
func hostSetEffectiveContext(context uint32) uint32

//go:wasmimport env proxy_get_buffer_bytes
func hostGetBufferBytes(kind, start, size, data, dataSize uint32) uint32

//go:wasmimport env proxy_set_buffer_bytes
func hostSetBufferBytes(kind, start, size, data, dataSize uint32) uint32

//go:wasmimport env proxy_get_buffer_status
func hostGetBufferStatus(kind, size, flags uint32) uint32

//go:wasmimport env proxy_get_header_map_size
func hostGetHeaderMapSize(headers, size uint32) uint32

//go:wasmimport env proxy_get_header_map_pairs
func hostGetHeaderMapPairs(headers, data, size uint32) uint32

//go:wasmimport env proxy_set_header_map_pairs
func hostSetHeaderMapPairs(headers, data, size uint32) uint32

//go:wasmimport env proxy_get_header_map_value
func hostGetHeaderMapValue(headers, key, keySize, data, size uint32) uint32

//go:wasmimport env proxy_add_header_map_value
func hostAddHeaderMapValue(headers, key, keySize, data, size uint32) uint32

//go:wasmimport env proxy_replace_header_map_value
func hostReplaceHeaderMapValue(headers, key, keySize, data, size uint32) uint32

//go:wasmimport env proxy_remove_header_map_value
func hostRemoveHeaderMapValue(headers, key, keySize uint32) uint32

//go:wasmimport env proxy_continue_stream
func hostContinueStream(stream uint32) uint32

//go:wasmimport env proxy_close_stream
func hostCloseStream(stream uint32) uint32

//go:wasmimport env proxy_get_status
func hostGetStatus(code, data, size uint32) uint32

//go:wasmimport env proxy_send_local_response
func hostSendLocalResponse(status, details, detailsSize, body, bodySize, fields, fieldsSize uint32, grpc int32) uint32

//go:wasmimport env proxy_http_call
func hostHTTPCall(upstream, upstreamSize, headers, headersSize, body, bodySize, trailers, trailersSize, timeout, token uint32) uint32

//go:wasmimport env proxy_grpc_call
func hostGRPCCall(upstream, upstreamSize, service, serviceSize, method, methodSize, metadata, metadataSize, message, messageSize, timeout, token uint32) uint32

//go:wasmimport env proxy_grpc_stream
func hostGRPCStream(upstream, upstreamSize, service, serviceSize, method, methodSize, metadata, metadataSize, token uint32) uint32

//go:wasmimport env proxy_grpc_send
func hostGRPCSend(token, data, size, isEnd uint32) uint32

//go:wasmimport env proxy_grpc_cancel
func hostGRPCCancel(token uint32) uint32

//go:wasmimport env proxy_grpc_close
func hostGRPCClose(token uint32) uint32

//go:wasmimport env proxy_get_shared_data
func hostGetSharedData(key, keySize, data, size, cas uint32) uint32

//go:wasmimport env proxy_set_shared_data
func hostSetSharedData(key, keySize, data, size, cas uint32) uint32

//go:wasmimport env proxy_register_shared_queue
func hostRegisterSharedQueue(name, nameSize, token uint32) uint32

//go:wasmimport env proxy_resolve_shared_queue
func hostResolveSharedQueue(vmID, vmIDSize, name, nameSize, token uint32) uint32

//go:wasmimport env proxy_enqueue_shared_queue
func hostEnqueueSharedQueue(token, data, size uint32) uint32

//go:wasmimport env proxy_dequeue_shared_queue
func hostDequeueSharedQueue(token, data, size uint32) uint32

//go:wasmimport env proxy_define_metric
func hostDefineMetric(kind, name, nameSize, metric uint32) uint32

//go:wasmimport env proxy_record_metric
func hostRecordMetric(metric uint32, value uint64) uint32

//go:wasmimport env proxy_increment_metric
func hostIncrementMetric(metric uint32, offset int64) uint32

//go:wasmimport env proxy_get_metric
func hostGetMetric(metric, value uint32) uint32

//go:wasmimport env proxy_get_property
func hostGetProperty(path, pathSize, data, size uint32) uint32

//go:wasmimport env proxy_set_property
func hostSetProperty(path, pathSize, data, size uint32) uint32

//go:wasmimport env proxy_call_foreign_function
func hostCallForeignFunction(name, nameSize, arguments, argumentsSize, data, size uint32) uint32

// hostCall makes any of them.
func hostCall(name string, number func(int) int64) uint32 {
	a := func(index int) uint32 { return uint32(number(index)) }
	switch name {
	case "log":
		return hostLog(a(0), a(1), a(2))
	case "get_log_level":
		return hostGetLogLevel(a(0))
	case "get_current_time_nanoseconds":
		return hostGetCurrentTimeNanoseconds(a(0))
	case "set_tick_period_milliseconds":
		return hostSetTickPeriodMilliseconds(a(0))
	case "done":
		return hostDone()
	case "set_effective_context":
		return hostSetEffectiveContext(a(0))
	case "get_buffer_bytes":
		return hostGetBufferBytes(a(0), a(1), a(2), a(3), a(4))
	case "set_buffer_bytes":
		return hostSetBufferBytes(a(0), a(1), a(2), a(3), a(4))
	case "get_buffer_status":
		return hostGetBufferStatus(a(0), a(1), a(2))
	case "get_header_map_size":
		return hostGetHeaderMapSize(a(0), a(1))
	case "get_header_map_pairs":
		return hostGetHeaderMapPairs(a(0), a(1), a(2))
	case "set_header_map_pairs":
		return hostSetHeaderMapPairs(a(0), a(1), a(2))
	case "get_header_map_value":
		return hostGetHeaderMapValue(a(0), a(1), a(2), a(3), a(4))
	case "add_header_map_value":
		return hostAddHeaderMapValue(a(0), a(1), a(2), a(3), a(4))
	case "replace_header_map_value":
		return hostReplaceHeaderMapValue(a(0), a(1), a(2), a(3), a(4))
	case "remove_header_map_value":
		return hostRemoveHeaderMapValue(a(0), a(1), a(2))
	case "continue_stream":
		return hostContinueStream(a(0))
	case "close_stream":
		return hostCloseStream(a(0))
	case "get_status":
		return hostGetStatus(a(0), a(1), a(2))
	case "send_local_response":
		return hostSendLocalResponse(a(0), a(1), a(2), a(3), a(4), a(5), a(6), int32(a(7)))
	case "http_call":
		return hostHTTPCall(a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7), a(8), a(9))
	case "grpc_call":
		return hostGRPCCall(a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7), a(8), a(9), a(10), a(11))
	case "grpc_stream":
		return hostGRPCStream(a(0), a(1), a(2), a(3), a(4), a(5), a(6), a(7), a(8))
	case "grpc_send":
		return hostGRPCSend(a(0), a(1), a(2), a(3))
	case "grpc_cancel":
		return hostGRPCCancel(a(0))
	case "grpc_close":
		return hostGRPCClose(a(0))
	case "get_shared_data":
		return hostGetSharedData(a(0), a(1), a(2), a(3), a(4))
	case "set_shared_data":
		return hostSetSharedData(a(0), a(1), a(2), a(3), a(4))
	case "register_shared_queue":
		return hostRegisterSharedQueue(a(0), a(1), a(2))
	case "resolve_shared_queue":
		return hostResolveSharedQueue(a(0), a(1), a(2), a(3), a(4))
	case "enqueue_shared_queue":
		return hostEnqueueSharedQueue(a(0), a(1), a(2))
	case "dequeue_shared_queue":
		return hostDequeueSharedQueue(a(0), a(1), a(2))
	case "define_metric":
		return hostDefineMetric(a(0), a(1), a(2), a(3))
	case "record_metric":
		return hostRecordMetric(a(0), uint64(number(1)))
	case "increment_metric":
		return hostIncrementMetric(a(0), number(1))
	case "get_metric":
		return hostGetMetric(a(0), a(1))
	case "get_property":
		return hostGetProperty(a(0), a(1), a(2), a(3))
	case "set_property":
		return hostSetProperty(a(0), a(1), a(2), a(3))
	case "call_foreign_function":
		return hostCallForeignFunction(a(0), a(1), a(2), a(3), a(4), a(5))
	}
	panic("no call " + name)
}
