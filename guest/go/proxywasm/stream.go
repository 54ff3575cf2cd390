package proxywasm

// Stream is one direction of an exchange or of a connection.
type Stream uint32

const (
	Request  Stream = 0
	Response Stream = 1
	// Downstream is from the client, of a connection.
	Downstream Stream = 2
	// Upstream is from the upstream, of a connection.
	Upstream Stream = 3
)

// Resume lets go on what Pause holds.
func (s Stream) Resume() error {
	return errorOf(hostContinueStream(uint32(s)))
}

// Close ends the connection, or the exchange without an answer.
func (s Stream) Close() error {
	return errorOf(hostCloseStream(uint32(s)))
}

// LocalResponse is an answer of the filter's own.
type LocalResponse struct {
	Status  int
	Headers []Field
	Body    []byte
	// Details is what logs say of why.
	Details string
	// GRPC is for clients that speak gRPC. With GRPCOK, and so by default, the host chooses it by Status.
	GRPC GRPCCode
}

// SendLocalResponse answers the request in place of the upstream. The callback has to return Pause then.
func SendLocalResponse(response LocalResponse) error {
	grpc := int32(response.GRPC)
	if response.GRPC == GRPCOK {
		grpc = -1
	}
	return errorOf(hostSendLocalResponse(uint32(response.Status), response.Details, textOf(response.Body),
		encode(response.Headers), grpc))
}

// SetEffectiveContext has what follows in this callback concern another context.
func SetEffectiveContext(id ContextID) error {
	if status := hostSetEffectiveContext(uint32(id)); status != 0 {
		return Status(status)
	}
	contextOf(uint32(id))
	return nil
}

// Done ends a context whose OnDone returned false.
func Done() error {
	return errorOf(hostDone())
}

// HostStatus is the code and message that came with the end of a call, within its callback.
func HostStatus() (code uint32, message string, err error) {
	borrow()
	if status := hostGetStatus(&answer.number2, &answer.data, &answer.size); status != 0 {
		return 0, "", Status(status)
	}
	return answer.number2, string(answered()), nil
}
