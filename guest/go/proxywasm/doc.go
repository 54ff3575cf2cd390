// Package proxywasm writes filters for proxies that run WebAssembly by the proxy-wasm ABI 0.2.1: Quadrant, Envoy and
// what is made of it. A filter is a program of plain Go:
//
//	package main
//
//	import "example.com/quadrant/guest/proxywasm"
//
//	func init() {
//		proxywasm.RegisterDefault(func(proxywasm.ContextID) proxywasm.PluginContext { return new(plugin) })
//	}
//
//	func main() {}
//
//	type plugin struct{ proxywasm.DefaultPlugin }
//
//	func (*plugin) NewHTTP(proxywasm.ContextID) proxywasm.HTTPContext { return new(filter) }
//
//	type filter struct{ proxywasm.DefaultHTTP }
//
//	func (*filter) OnResponseHeaders(int, bool) proxywasm.Action {
//		_ = proxywasm.ResponseHeaders.Set("x-envoy-wasm", "true")
//		return proxywasm.Continue
//	}
//
// It is built as a library that a host calls, so main is never run; what has to happen first happens in init, which may
// ask nothing of the host:
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o filter.wasm .
//
// What a filter does concerns the context whose callback is running, an exchange or a connection; SetEffectiveContext
// chooses another. Calls of the host belong into callbacks, and into goroutines that end before them: between callbacks
// no goroutine runs. A callback that panics logs why, and ends the program with a trap.
//
// Built for any other system every call fails with Unimplemented, so that the rest of a filter can be tested there.
package proxywasm
