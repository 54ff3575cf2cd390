package main

import (
	"errors"
	"strings"

	"example.com/quadrant/guest/proxywasm"
)

var errTooLarge = errors.New("the body is too large")

// message is a request or a response, whose body is held until it is whole.
type message struct {
	plugin       *plugin
	isRewritten  bool
	isJSON       bool
	isGivenUp    bool
	bufferedSize int
}

// begin looks at headers whether what follows is to be rewritten.
func (m *message) begin(headers proxywasm.HeaderMap, isEnd bool) {
	contentType, _ := headers.Get("content-type")
	mediaType, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	mediaType = strings.TrimSpace(mediaType)
	m.isJSON = mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
	_, err := headers.Get("content-encoding")
	m.isRewritten = !isEnd && err == proxywasm.NotFound && (m.isJSON || strings.HasPrefix(mediaType, "text/"))
	if m.isRewritten {
		_ = headers.Remove("content-length")
	}
}

// body holds what there is, until it is whole. What cannot be rewritten is told to fail.
func (m *message) body(buffer proxywasm.Buffer, size int, isEnd bool, fail func(error) error) proxywasm.Action {
	switch {
	case m.isGivenUp:
		return proxywasm.Pause
	case !m.isRewritten:
		return proxywasm.Continue
	case size > m.plugin.bodyBytesMax:
		return m.giveUp(errTooLarge, fail)
	}
	m.bufferedSize = size
	if isEnd {
		return m.end(buffer, fail)
	}
	return proxywasm.Pause
}

// end rewrites a body that is whole.
func (m *message) end(buffer proxywasm.Buffer, fail func(error) error) proxywasm.Action {
	if m.isGivenUp {
		return proxywasm.Pause
	}
	if m.isRewritten && m.bufferedSize > 0 {
		body, err := buffer.Bytes()
		if err == nil {
			body, err = m.plugin.rewriter.rewrite(body, m.isJSON)
		}
		if err == nil {
			err = buffer.Replace(body)
		}
		if err != nil {
			return m.giveUp(err, fail)
		}
	}
	return proxywasm.Continue
}

func (m *message) giveUp(reason error, fail func(error) error) proxywasm.Action {
	m.isGivenUp = true
	if err := fail(reason); err != nil {
		panic(err)
	}
	return proxywasm.Pause
}
