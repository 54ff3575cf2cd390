// A filter of connections that ends those of clients that begin with what is forbidden, and says of each how much went
// which way.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"example.com/quadrant/guest/proxywasm"
)

func init() {
	proxywasm.RegisterDefault(func(proxywasm.ContextID) proxywasm.PluginContext { return new(plugin) })
}

func main() {}

type plugin struct {
	proxywasm.DefaultPlugin
	forbidden [][]byte
	refused   proxywasm.Counter
	up, down  proxywasm.Counter
}

func (p *plugin) OnConfigure(configuration []byte) error {
	var read struct{ Forbidden []string }
	if err := json.Unmarshal(configuration, &read); err != nil {
		return err
	}
	p.forbidden = nil
	for _, prefix := range read.Forbidden {
		if prefix == "" {
			return errors.New("an empty prefix forbids everything")
		}
		p.forbidden = append(p.forbidden, []byte(prefix))
	}
	for name, counter := range map[string]*proxywasm.Counter{
		"tcp_guard.refused":          &p.refused,
		"tcp_guard.downstream_bytes": &p.up,
		"tcp_guard.upstream_bytes":   &p.down,
	} {
		var err error
		if *counter, err = proxywasm.DefineCounter(name); err != nil {
			return err
		}
	}
	return nil
}

func (p *plugin) NewTCP(proxywasm.ContextID) proxywasm.TCPContext { return &filter{plugin: p} }

type filter struct {
	proxywasm.DefaultTCP
	plugin *plugin
	// isKnown once enough has come to tell that it is not forbidden.
	isKnown, isRefused   bool
	fromClient, toClient int
}

func (f *filter) OnDownstreamData(size int, isEnd bool) proxywasm.Action {
	if f.isRefused {
		return proxywasm.Pause
	}
	if !f.isKnown {
		begin, err := proxywasm.DownstreamData.Bytes()
		if err != nil {
			panic(err)
		}
		switch f.plugin.judge(begin) {
		case forbidden:
			f.isRefused = true
			_ = f.plugin.refused.Add(1)
			if err := proxywasm.Downstream.Close(); err != nil {
				panic(err)
			}
			return proxywasm.Pause
		case undecided:
			// All that there is comes again with the next bytes.
			if !isEnd {
				return proxywasm.Pause
			}
		}
		f.isKnown = true
	}
	f.fromClient += size
	return proxywasm.Continue
}

func (f *filter) OnUpstreamData(size int, _ bool) proxywasm.Action {
	f.toClient += size
	return proxywasm.Continue
}

func (f *filter) OnLog() {
	_ = f.plugin.up.Add(uint64(f.fromClient))
	_ = f.plugin.down.Add(uint64(f.toClient))
	source, err := proxywasm.PropertyString("source", "address")
	if err != nil {
		source = "somebody"
	}
	outcome := "passed"
	if f.isRefused {
		outcome = "refused"
	}
	proxywasm.Info.Log(fmt.Sprintf("%s from %s: %d bytes up, %d down", outcome, source, f.fromClient, f.toClient))
}

type verdict int

const (
	allowed verdict = iota
	forbidden
	// undecided is what begins like something forbidden, and may go on otherwise.
	undecided
)

func (p *plugin) judge(begin []byte) verdict {
	found := allowed
	for _, prefix := range p.forbidden {
		if bytes.HasPrefix(begin, prefix) {
			return forbidden
		}
		if bytes.HasPrefix(prefix, begin) {
			found = undecided
		}
	}
	return found
}
