// A filter that rewrites JSON and text, in requests and in responses.
package main

import (
	"encoding/json"
	"errors"

	"example.com/quadrant/guest/proxywasm"
)

func init() {
	proxywasm.RegisterDefault(func(proxywasm.ContextID) proxywasm.PluginContext { return new(plugin) })
}

func main() {}

type plugin struct {
	proxywasm.DefaultPlugin
	rewriter     rewriter
	bodyBytesMax int
}

func (p *plugin) OnConfigure(configuration []byte) error {
	read := struct {
		rewriter
		BodyBytesMax int
	}{BodyBytesMax: 1 << 20}
	if err := json.Unmarshal(configuration, &read); err != nil {
		return err
	}
	for _, replacement := range read.Replace {
		if replacement.Find == "" {
			return errors.New("a replacement finds nothing")
		}
	}
	p.rewriter, p.bodyBytesMax = read.rewriter, read.BodyBytesMax
	return nil
}

func (p *plugin) NewHTTP(proxywasm.ContextID) proxywasm.HTTPContext {
	return &filter{request: message{plugin: p}, response: message{plugin: p}}
}

type filter struct {
	proxywasm.DefaultHTTP
	request, response message
}

func (f *filter) OnRequestHeaders(_ int, isEnd bool) proxywasm.Action {
	_ = proxywasm.RequestHeaders.Remove("accept-encoding")
	f.request.begin(proxywasm.RequestHeaders, isEnd)
	return proxywasm.Continue
}

func (f *filter) OnRequestBody(size int, isEnd bool) proxywasm.Action {
	return f.request.body(proxywasm.RequestBody, size, isEnd, refuse)
}

func (f *filter) OnRequestTrailers(int) proxywasm.Action {
	return f.request.end(proxywasm.RequestBody, refuse)
}

func (f *filter) OnResponseHeaders(_ int, isEnd bool) proxywasm.Action {
	// A part of a body says nothing by itself.
	status, _ := proxywasm.ResponseHeaders.Get(":status")
	f.response.begin(proxywasm.ResponseHeaders, isEnd || status == "206")
	return proxywasm.Continue
}

func (f *filter) OnResponseBody(size int, isEnd bool) proxywasm.Action {
	return f.response.body(proxywasm.ResponseBody, size, isEnd, cutOff)
}

func (f *filter) OnResponseTrailers(int) proxywasm.Action {
	return f.response.end(proxywasm.ResponseBody, cutOff)
}

func refuse(err error) error {
	status := 400
	if err == errTooLarge {
		status = 413
	}
	return proxywasm.SendLocalResponse(proxywasm.LocalResponse{Status: status, Body: []byte(err.Error() + "\n")})
}

// cutOff ends a response whose headers are gone.
func cutOff(err error) error {
	proxywasm.Warn.Log("a response is cut off: " + err.Error())
	return proxywasm.Response.Close()
}
