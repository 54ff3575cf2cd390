// A filter that chooses where a request goes by one of its headers.
package main

import (
	"bytes"
	"encoding/json"
	"errors"

	"example.com/quadrant/guest/proxywasm"
)

func init() {
	proxywasm.RegisterDefault(func(proxywasm.ContextID) proxywasm.PluginContext { return new(plugin) })
}

func main() {}

// rule is what happens to a request that has a header.
type rule struct {
	Header string
	// Value is any where it is not given.
	Value      *string
	Set        map[string]string
	PathPrefix string
}

type plugin struct {
	proxywasm.DefaultPlugin
	rules []rule
}

func (p *plugin) OnConfigure(configuration []byte) error {
	var read struct{ Rules []rule }
	decoder := json.NewDecoder(bytes.NewReader(configuration))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil {
		return err
	}
	for _, rule := range read.Rules {
		if rule.Header == "" {
			return errors.New("a rule has no header")
		}
	}
	p.rules = read.Rules
	return nil
}

func (p *plugin) NewHTTP(proxywasm.ContextID) proxywasm.HTTPContext { return &filter{plugin: p} }

type filter struct {
	proxywasm.DefaultHTTP
	plugin *plugin
}

func (f *filter) OnRequestHeaders(int, bool) proxywasm.Action {
	for index := range f.plugin.rules {
		rule := &f.plugin.rules[index]
		value, err := proxywasm.RequestHeaders.Get(rule.Header)
		if err != nil || rule.Value != nil && *rule.Value != value {
			continue
		}
		if err := rule.apply(); err != nil {
			proxywasm.Error.Log("a request keeps its route: " + err.Error())
		}
		break
	}
	return proxywasm.Continue
}

func (r *rule) apply() error {
	for name, value := range r.Set {
		if err := proxywasm.RequestHeaders.Set(name, value); err != nil {
			return err
		}
	}
	if r.PathPrefix != "" {
		path, err := proxywasm.RequestHeaders.Get(":path")
		if err != nil {
			return err
		}
		if err := proxywasm.RequestHeaders.Set(":path", r.PathPrefix+path); err != nil {
			return err
		}
	}
	return proxywasm.ClearRouteCache()
}
