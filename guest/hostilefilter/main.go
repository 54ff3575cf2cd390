// A filter that does what no filter should, as a request's header or its own configuration asks for. Tests of limits run it.
package main

import (
	"strconv"
	"strings"
	"time"

	"example.com/quadrant/guest/proxywasm"
)

func init() {
	proxywasm.RegisterDefault(func(proxywasm.ContextID) proxywasm.PluginContext { return new(plugin) })
}

func main() {}

type plugin struct {
	proxywasm.DefaultPlugin
	kept     [][]byte
	requests int
}

func (p *plugin) OnConfigure(configuration []byte) error {
	if deed, isAtStart := strings.CutPrefix(string(configuration), "start:"); isAtStart {
		p.do(deed)
	}
	// DeclarePropertyArguments of Envoy: name "once", readonly, a string. Twice is a mistake.
	_, err := proxywasm.CallForeign("declare_property", []byte("\x0a\x04once\x10\x01\x18\x01"))
	return err
}

func (p *plugin) NewHTTP(proxywasm.ContextID) proxywasm.HTTPContext { return &filter{plugin: p} }

type filter struct {
	proxywasm.DefaultHTTP
	plugin *plugin
}

func (f *filter) OnRequestHeaders(int, bool) proxywasm.Action {
	f.plugin.requests++
	deed, err := proxywasm.RequestHeaders.Get("x-deed")
	if err != nil {
		return proxywasm.Continue
	}
	return f.plugin.do(deed)
}

func (f *filter) OnResponseHeaders(int, bool) proxywasm.Action {
	if err := proxywasm.ResponseHeaders.Set("x-requests", strconv.Itoa(f.plugin.requests)); err != nil {
		panic(err)
	}
	return proxywasm.Continue
}

var turns int

func (p *plugin) do(deed string) proxywasm.Action {
	switch deed {
	case "loop":
		for {
			turns++
		}
	case "allocate":
		for {
			p.kept = append(p.kept, make([]byte, 1<<20))
		}
	case "trap":
		panic("as it was told")
	case "recurse":
		turns = recurse(turns)
	case "log":
		for i := range 20_000 {
			proxywasm.Error.Log("flood " + strconv.Itoa(i))
		}
	case "log for ever":
		for {
			proxywasm.Error.Log("flood")
		}
	case "call":
		for range 2_000 {
			call := proxywasm.HTTPCall{
				Cluster: "upstream",
				Headers: []proxywasm.Field{
					{Name: ":method", Value: "GET"}, {Name: ":path", Value: "/flood"}, {Name: ":authority", Value: "a"},
				},
				Timeout: time.Minute,
			}
			_ = call.Send(func(proxywasm.CallResponse) {})
		}
	case "set once":
		if err := proxywasm.SetProperty([]string{"once"}, []byte("first")); err != nil {
			panic(err)
		}
		if err := proxywasm.SetProperty([]string{"once"}, []byte("second")); err == nil {
			panic("what is declared as readonly was set twice")
		}
	case "keep":
		for i := range 1_000 {
			_ = proxywasm.SetProperty([]string{"kept " + strconv.Itoa(i)}, []byte("more"))
		}
	case "wait":
		return proxywasm.Pause
	}
	return proxywasm.Continue
}

//go:noinline
func recurse(depth int) int {
	return recurse(depth+1) + depth
}
