// The smallest filter: every response has a header more.
package main

import "example.com/quadrant/guest/proxywasm"

func init() {
	proxywasm.RegisterDefault(func(proxywasm.ContextID) proxywasm.PluginContext { return new(plugin) })
}

func main() {}

type plugin struct{ proxywasm.DefaultPlugin }

func (*plugin) NewHTTP(proxywasm.ContextID) proxywasm.HTTPContext { return filter{} }

type filter struct{ proxywasm.DefaultHTTP }

func (filter) OnResponseHeaders(int, bool) proxywasm.Action {
	if err := proxywasm.ResponseHeaders.Set("x-envoy-wasm", "true"); err != nil {
		proxywasm.Error.Log(err.Error())
	}
	return proxywasm.Continue
}
