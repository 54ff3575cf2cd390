package proxywasm

import "time"

// HTTPCall is a request of the filter's own.
type HTTPCall struct {
	// Cluster is the name of one that the host has.
	Cluster string
	// Headers have :method, :path and :authority.
	Headers  []Field
	Body     []byte
	Trailers []Field
	// Timeout is how long the answer may take; rounded up to milliseconds.
	Timeout time.Duration
}

// CallResponse is how a call ended: it is read from CallHeaders, CallBody and CallTrailers.
type CallResponse struct {
	// HeaderCount is 0 where there is no response: a failure or a timeout.
	HeaderCount  int
	BodySize     int
	TrailerCount int
}

// HasFailed is that there is no response.
func (r CallResponse) HasFailed() bool {
	return r.HeaderCount == 0
}

// pendingCall is whom an answer belongs to.
type pendingCall struct {
	owner ContextID
	done  func(CallResponse)
}

var pendingCalls = make(map[uint32]pendingCall)

// Send makes the call. done is called with the response, as a callback of the context which sent it, unless that has
// ended.
func (c *HTTPCall) Send(done func(CallResponse)) error {
	trailers := textOf(appendFields(nil, c.Trailers))
	status := hostHTTPCall(c.Cluster, encode(c.Headers), textOf(c.Body), trailers, milliseconds(c.Timeout),
		&answer.number2)
	if status != 0 {
		return Status(status)
	}
	pendingCalls[answer.number2] = pendingCall{owner: begun(), done: done}
	return nil
}

func onHTTPCallResponse(context, token uint32, response CallResponse) {
	call, isPending := pendingCalls[token]
	if !isPending {
		return
	}
	delete(pendingCalls, token)
	answeredOne(call.owner)
	enter(context, call.owner)
	call.done(response)
}

func milliseconds(duration time.Duration) uint32 {
	return uint32(min(max((duration+time.Millisecond-1)/time.Millisecond, 0), end))
}
