package main

import (
	"errors"
	"fmt"

	"example.com/quadrant/guest/proxywasm"
)

// started is the script of the VM, empty where it has none.
var started = parseScript("")

type virtualMachine struct{}

func (virtualMachine) OnVMStart(configuration []byte) error {
	if len(configuration) == 0 {
		return nil
	}
	started = parseScript(string(configuration))
	root := follower{isRoot: true, script: started}
	return root.accepted("vm_start", "whole=true")
}

// follower writes down what a context is told, and does what the script says.
type follower struct {
	id     proxywasm.ContextID
	isRoot bool
	script *script
	times  map[string]int
}

func (f *follower) name() string {
	if f.isRoot {
		return "root"
	}
	return fmt.Sprintf("#%d", f.id)
}

func (f *follower) told(callback, what string) outcome {
	if f.times == nil {
		f.times = make(map[string]int)
	}
	f.times[callback]++
	say(f.name() + " " + callback + " " + what)
	var result outcome
	for _, text := range f.script.at(callback, f.times[callback]) {
		f.run(text, &result)
	}
	return result
}

func (f *follower) action(callback, what string) proxywasm.Action {
	if f.told(callback, what).isPaused {
		return proxywasm.Pause
	}
	return proxywasm.Continue
}

func (f *follower) accepted(callback, what string) error {
	if f.told(callback, what).isRefused {
		return errors.New("the script refuses")
	}
	return nil
}

func (f *follower) OnDone() bool { return !f.told("done", "").isRefused }
func (f *follower) OnLog()       { f.told("log", "") }
func (f *follower) OnDelete()    { f.told("delete", "") }

func count(count int) string            { return fmt.Sprint(count) }
func part(size int, isEnd bool) string  { return fmt.Sprintf("%d end=%t", size, isEnd) }
func peer(by proxywasm.PeerType) string { return [...]string{"unknown", "local", "remote"}[by] }

type plugin struct {
	proxywasm.DefaultPlugin
	follower
}

func (p *plugin) OnConfigure(configuration []byte) error {
	p.script = parseScript(string(configuration))
	return p.accepted("configure", "whole=true")
}

func (p *plugin) OnTick()                      { p.told("tick", "") }
func (p *plugin) OnQueueReady(proxywasm.Queue) { p.told("queue_ready", "") }
func (p *plugin) OnDone() bool                 { return p.follower.OnDone() }
func (p *plugin) OnLog()                       { p.follower.OnLog() }
func (p *plugin) OnDelete()                    { p.follower.OnDelete() }

func (p *plugin) OnForeignFunction(function uint32, arguments []byte) {
	p.told("foreign_function", fmt.Sprintf("%d %d", function, len(arguments)))
}

func (p *plugin) NewHTTP(id proxywasm.ContextID) proxywasm.HTTPContext {
	return &exchange{follower: follower{id: id, script: p.script}}
}

func (p *plugin) NewTCP(id proxywasm.ContextID) proxywasm.TCPContext {
	return &connection{follower{id: id, script: p.script}}
}

type exchange struct {
	follower
	proxywasm.DefaultHTTP
}

func (e *exchange) OnRequestHeaders(size int, isEnd bool) proxywasm.Action {
	return e.action("request_headers", part(size, isEnd))
}

func (e *exchange) OnRequestBody(size int, isEnd bool) proxywasm.Action {
	return e.action("request_body", part(size, isEnd))
}

func (e *exchange) OnRequestTrailers(size int) proxywasm.Action {
	return e.action("request_trailers", count(size))
}

func (e *exchange) OnResponseHeaders(size int, isEnd bool) proxywasm.Action {
	return e.action("response_headers", part(size, isEnd))
}

func (e *exchange) OnResponseBody(size int, isEnd bool) proxywasm.Action {
	return e.action("response_body", part(size, isEnd))
}

func (e *exchange) OnResponseTrailers(size int) proxywasm.Action {
	return e.action("response_trailers", count(size))
}

func (e *exchange) OnDone() bool { return e.follower.OnDone() }
func (e *exchange) OnLog()       { e.follower.OnLog() }
func (e *exchange) OnDelete()    { e.follower.OnDelete() }

type connection struct{ follower }

func (c *connection) OnNewConnection() proxywasm.Action { return c.action("new_connection", "") }

func (c *connection) OnDownstreamData(size int, isEnd bool) proxywasm.Action {
	return c.action("downstream_data", part(size, isEnd))
}

func (c *connection) OnUpstreamData(size int, isEnd bool) proxywasm.Action {
	return c.action("upstream_data", part(size, isEnd))
}

func (c *connection) OnDownstreamClose(by proxywasm.PeerType) { c.told("downstream_close", peer(by)) }
func (c *connection) OnUpstreamClose(by proxywasm.PeerType)   { c.told("upstream_close", peer(by)) }

// grpc is told what comes to calls and streams of a context.
type grpc struct{ follower *follower }

func (g grpc) OnInitialMetadata(size int)  { g.follower.told("grpc_initial_metadata", count(size)) }
func (g grpc) OnMessage(size int)          { g.follower.told("grpc_message", count(size)) }
func (g grpc) OnTrailingMetadata(size int) { g.follower.told("grpc_trailing_metadata", count(size)) }

func (g grpc) OnClose(code proxywasm.GRPCCode) {
	g.follower.told("grpc_close", fmt.Sprint(uint32(code)))
}
