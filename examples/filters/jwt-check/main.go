// A filter that lets requests pass that carry a valid JSON Web Token.
package main

import (
	"encoding/json"
	"errors"
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
	keys          []key
	rules         rules
	subjectHeader string
}

func (p *plugin) OnConfigure(configuration []byte) error {
	var read struct {
		Issuer, Audience, Leeway, SubjectHeader string
		Keys                                    []jwk
	}
	if err := json.Unmarshal(configuration, &read); err != nil {
		return err
	}
	if read.Issuer == "" || read.Audience == "" || len(read.Keys) == 0 {
		return errors.New("issuer, audience and keys are needed")
	}
	p.rules = rules{issuer: read.Issuer, audience: read.Audience}
	if read.Leeway != "" {
		var err error
		if p.rules.leeway, err = time.ParseDuration(read.Leeway); err != nil {
			return err
		}
	}
	for index := range read.Keys {
		key, err := read.Keys[index].parse()
		if err != nil {
			return err
		}
		p.keys = append(p.keys, key)
	}
	p.subjectHeader = read.SubjectHeader
	return nil
}

func (p *plugin) NewHTTP(proxywasm.ContextID) proxywasm.HTTPContext { return &filter{plugin: p} }

type filter struct {
	proxywasm.DefaultHTTP
	plugin *plugin
}

func (f *filter) OnRequestHeaders(int, bool) proxywasm.Action {
	authorization, err := proxywasm.RequestHeaders.Get("authorization")
	if err != nil {
		return refuse(nil)
	}
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "bearer") {
		return refuse(nil)
	}
	claims, err := verify(strings.TrimSpace(token), f.plugin.keys)
	if err == nil {
		err = f.plugin.rules.check(claims, time.Now())
	}
	if err == nil && f.plugin.subjectHeader != "" {
		err = proxywasm.RequestHeaders.Set(f.plugin.subjectHeader, claims.Subject)
	}
	if err != nil {
		return refuse(err)
	}
	return proxywasm.Continue
}

// refuse answers the request. Without a reason the client has brought no token.
func refuse(reason error) proxywasm.Action {
	challenge := "Bearer"
	if reason != nil {
		// Reasons are words of this program: there is nothing in them that would have to be escaped.
		challenge += ` error="invalid_token", error_description="` + reason.Error() + `"`
	}
	err := proxywasm.SendLocalResponse(proxywasm.LocalResponse{
		Status:  401,
		Headers: []proxywasm.Field{{Name: "www-authenticate", Value: challenge}},
		Details: "jwt_refused",
		GRPC:    proxywasm.GRPCUnauthenticated,
	})
	if err != nil {
		panic(err)
	}
	return proxywasm.Pause
}
