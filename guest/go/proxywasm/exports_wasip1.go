package proxywasm

import "unsafe"

// The callbacks of the ABI. Parameters are as the host has them: true is any number but 0.

//go:wasmexport proxy_abi_version_0_2_1
func exportABIVersion() {}

//go:wasmexport proxy_on_memory_allocate
func exportMemoryAllocate(size uint32) unsafe.Pointer {
	return allocate(size)
}

//go:wasmexport proxy_on_context_create
func exportContextCreate(id, parent uint32) {
	defer trapOnPanic()
	onContextCreate(id, parent)
}

//go:wasmexport proxy_on_vm_start
func exportVMStart(id, size uint32) uint32 {
	defer trapOnPanic()
	contextOf(id)
	if vm == nil {
		return 1
	}
	return start(VMConfiguration, size, vm.OnVMStart)
}

//go:wasmexport proxy_on_configure
func exportConfigure(id, size uint32) uint32 {
	defer trapOnPanic()
	plugin := pluginOf(id)
	if plugin == nil {
		return 0
	}
	return start(PluginConfiguration, size, plugin.OnConfigure)
}

//go:wasmexport proxy_on_tick
func exportTick(id uint32) {
	defer trapOnPanic()
	if plugin := pluginOf(id); plugin != nil {
		plugin.OnTick()
	}
}

//go:wasmexport proxy_on_queue_ready
func exportQueueReady(id, queue uint32) {
	defer trapOnPanic()
	if plugin := pluginOf(id); plugin != nil {
		plugin.OnQueueReady(Queue(queue))
	}
}

//go:wasmexport proxy_on_foreign_function
func exportForeignFunction(id, function, size uint32) {
	defer trapOnPanic()
	plugin := pluginOf(id)
	if plugin == nil {
		return
	}
	arguments, err := []byte(nil), error(nil)
	if size > 0 {
		arguments, err = ForeignArguments.Bytes()
	}
	if err != nil {
		Error.Log("no arguments of a foreign function: " + err.Error())
		return
	}
	plugin.OnForeignFunction(function, arguments)
}

//go:wasmexport proxy_on_request_headers
func exportRequestHeaders(id, count, isEnd uint32) uint32 {
	defer trapOnPanic()
	if http := httpOf(id); http != nil {
		return uint32(http.OnRequestHeaders(int(count), isEnd != 0))
	}
	return uint32(Continue)
}

//go:wasmexport proxy_on_request_body
func exportRequestBody(id, size, isEnd uint32) uint32 {
	defer trapOnPanic()
	if http := httpOf(id); http != nil {
		return uint32(http.OnRequestBody(int(size), isEnd != 0))
	}
	return uint32(Continue)
}

//go:wasmexport proxy_on_request_trailers
func exportRequestTrailers(id, count uint32) uint32 {
	defer trapOnPanic()
	if http := httpOf(id); http != nil {
		return uint32(http.OnRequestTrailers(int(count)))
	}
	return uint32(Continue)
}

//go:wasmexport proxy_on_request_metadata
func exportRequestMetadata(id, count uint32) uint32 {
	defer trapOnPanic()
	if http := httpOf(id); http != nil {
		return uint32(http.OnRequestMetadata(int(count)))
	}
	return uint32(Continue)
}

//go:wasmexport proxy_on_response_headers
func exportResponseHeaders(id, count, isEnd uint32) uint32 {
	defer trapOnPanic()
	if http := httpOf(id); http != nil {
		return uint32(http.OnResponseHeaders(int(count), isEnd != 0))
	}
	return uint32(Continue)
}

//go:wasmexport proxy_on_response_body
func exportResponseBody(id, size, isEnd uint32) uint32 {
	defer trapOnPanic()
	if http := httpOf(id); http != nil {
		return uint32(http.OnResponseBody(int(size), isEnd != 0))
	}
	return uint32(Continue)
}

//go:wasmexport proxy_on_response_trailers
func exportResponseTrailers(id, count uint32) uint32 {
	defer trapOnPanic()
	if http := httpOf(id); http != nil {
		return uint32(http.OnResponseTrailers(int(count)))
	}
	return uint32(Continue)
}

//go:wasmexport proxy_on_response_metadata
func exportResponseMetadata(id, count uint32) uint32 {
	defer trapOnPanic()
	if http := httpOf(id); http != nil {
		return uint32(http.OnResponseMetadata(int(count)))
	}
	return uint32(Continue)
}

//go:wasmexport proxy_on_new_connection
func exportNewConnection(id uint32) uint32 {
	defer trapOnPanic()
	if tcp := tcpOf(id); tcp != nil {
		return uint32(tcp.OnNewConnection())
	}
	return uint32(Continue)
}

//go:wasmexport proxy_on_downstream_data
func exportDownstreamData(id, size, isEnd uint32) uint32 {
	defer trapOnPanic()
	if tcp := tcpOf(id); tcp != nil {
		return uint32(tcp.OnDownstreamData(int(size), isEnd != 0))
	}
	return uint32(Continue)
}

//go:wasmexport proxy_on_upstream_data
func exportUpstreamData(id, size, isEnd uint32) uint32 {
	defer trapOnPanic()
	if tcp := tcpOf(id); tcp != nil {
		return uint32(tcp.OnUpstreamData(int(size), isEnd != 0))
	}
	return uint32(Continue)
}

//go:wasmexport proxy_on_downstream_connection_close
func exportDownstreamClose(id, by uint32) {
	defer trapOnPanic()
	if tcp := tcpOf(id); tcp != nil {
		tcp.OnDownstreamClose(PeerType(by))
	}
}

//go:wasmexport proxy_on_upstream_connection_close
func exportUpstreamClose(id, by uint32) {
	defer trapOnPanic()
	if tcp := tcpOf(id); tcp != nil {
		tcp.OnUpstreamClose(PeerType(by))
	}
}

//go:wasmexport proxy_on_http_call_response
func exportHTTPCallResponse(id, token, headers, size, trailers uint32) {
	defer trapOnPanic()
	onHTTPCallResponse(id, token, CallResponse{int(headers), int(size), int(trailers)})
}

//go:wasmexport proxy_on_grpc_receive_initial_metadata
func exportGRPCInitialMetadata(id, token, count uint32) {
	defer trapOnPanic()
	if handler := grpcCall(id, token); handler != nil {
		handler.OnInitialMetadata(int(count))
	}
}

//go:wasmexport proxy_on_grpc_receive
func exportGRPCReceive(id, token, size uint32) {
	defer trapOnPanic()
	onGRPCMessage(id, token, int(size))
}

//go:wasmexport proxy_on_grpc_receive_trailing_metadata
func exportGRPCTrailingMetadata(id, token, count uint32) {
	defer trapOnPanic()
	if handler := grpcCall(id, token); handler != nil {
		handler.OnTrailingMetadata(int(count))
	}
}

//go:wasmexport proxy_on_grpc_close
func exportGRPCClose(id, token, code uint32) {
	defer trapOnPanic()
	onGRPCClose(id, token, code)
}

//go:wasmexport proxy_on_done
func exportDone(id uint32) uint32 {
	defer trapOnPanic()
	if ends := endingOf(id); ends != nil && !ends.OnDone() {
		return 0
	}
	return 1
}

//go:wasmexport proxy_on_log
func exportLog(id uint32) {
	defer trapOnPanic()
	if ends := endingOf(id); ends != nil {
		ends.OnLog()
	}
}

//go:wasmexport proxy_on_delete
func exportDelete(id uint32) {
	defer trapOnPanic()
	onContextDelete(id)
}
