package proxywasm

import (
	"encoding/binary"
	"time"
)

// GRPCCode is how a call of gRPC ended.
type GRPCCode uint32

const (
	GRPCOK                 GRPCCode = 0
	GRPCCancelled          GRPCCode = 1
	GRPCUnknown            GRPCCode = 2
	GRPCInvalidArgument    GRPCCode = 3
	GRPCDeadlineExceeded   GRPCCode = 4
	GRPCNotFound           GRPCCode = 5
	GRPCAlreadyExists      GRPCCode = 6
	GRPCPermissionDenied   GRPCCode = 7
	GRPCResourceExhausted  GRPCCode = 8
	GRPCFailedPrecondition GRPCCode = 9
	GRPCAborted            GRPCCode = 10
	GRPCOutOfRange         GRPCCode = 11
	GRPCUnimplemented      GRPCCode = 12
	GRPCInternal           GRPCCode = 13
	GRPCUnavailable        GRPCCode = 14
	GRPCDataLoss           GRPCCode = 15
	GRPCUnauthenticated    GRPCCode = 16
)

// GRPCMethod is what is called, and where.
type GRPCMethod struct {
	// Cluster is the name of one that the host has.
	Cluster string
	// Upstream is an envoy.config.core.v3.GrpcService, encoded, in place of Cluster.
	Upstream string
	// Service is its full name, such as grpc.health.v1.Health.
	Service string
	Method  string
	// Metadata goes ahead of the message.
	Metadata []Field
}

// GRPCHandler is told what comes to a call. Embed DefaultGRPC.
type GRPCHandler interface {
	// OnInitialMetadata has count fields in GRPCInitialMetadata.
	OnInitialMetadata(count int)
	// OnMessage has a message of size bytes in GRPCMessage.
	OnMessage(size int)
	// OnTrailingMetadata has count fields in GRPCTrailingMetadata.
	OnTrailingMetadata(count int)
	// OnClose is the last: HostStatus has the message of the code. A call that Send made and that had its message is
	// closed without it.
	OnClose(code GRPCCode)
}

// DefaultGRPC looks at nothing.
type DefaultGRPC struct{}

func (DefaultGRPC) OnInitialMetadata(int)  {}
func (DefaultGRPC) OnMessage(int)          {}
func (DefaultGRPC) OnTrailingMetadata(int) {}
func (DefaultGRPC) OnClose(GRPCCode)       {}

// GRPCStream is a call that goes on, by its token.
type GRPCStream uint32

type pendingGRPC struct {
	owner   ContextID
	handler GRPCHandler
	isUnary bool
}

var pendingGRPCs = make(map[uint32]pendingGRPC)

// Call sends one message, for one in return: the handler has either OnMessage or OnClose called, as a callback of the
// context which sent it, unless that has ended.
func (m *GRPCMethod) Call(message []byte, timeout time.Duration, handler GRPCHandler) (GRPCStream, error) {
	status := hostGRPCCall(m.upstream(), m.Service, m.Method, encode(m.Metadata), textOf(message),
		milliseconds(timeout), &answer.number2)
	return begin(status, handler, true)
}

// Open begins a stream of messages in both directions.
func (m *GRPCMethod) Open(handler GRPCHandler) (GRPCStream, error) {
	status := hostGRPCStream(m.upstream(), m.Service, m.Method, encode(m.Metadata), &answer.number2)
	return begin(status, handler, false)
}

func begin(status uint32, handler GRPCHandler, isUnary bool) (GRPCStream, error) {
	if status != 0 {
		return 0, Status(status)
	}
	pendingGRPCs[answer.number2] = pendingGRPC{owner: begun(), handler: handler, isUnary: isUnary}
	return GRPCStream(answer.number2), nil
}

// Send sends a message on a stream, with isEnd the last one.
func (s GRPCStream) Send(message []byte, isEnd bool) error {
	last := uint32(0)
	if isEnd {
		last = 1
	}
	return errorOf(hostGRPCSend(uint32(s), textOf(message), last))
}

// Close says that nothing more is sent on a stream. What comes until its end is still told.
func (s GRPCStream) Close() error {
	return errorOf(hostGRPCClose(uint32(s)))
}

// Cancel gives the call up. Nothing is told of it any more.
func (s GRPCStream) Cancel() error {
	s.forget()
	return errorOf(hostGRPCCancel(uint32(s)))
}

func (s GRPCStream) forget() {
	if call, isPending := pendingGRPCs[uint32(s)]; isPending {
		delete(pendingGRPCs, uint32(s))
		answeredOne(call.owner)
	}
}

// upstream is a GrpcService whose envoy_grpc has that cluster_name. Some hosts take the name alone, all take this.
func (m *GRPCMethod) upstream() string {
	if m.Upstream != "" {
		return m.Upstream
	}
	const field1 = 1<<3 | 2
	cluster := binary.AppendUvarint([]byte{field1}, uint64(len(m.Cluster)))
	cluster = append(cluster, m.Cluster...)
	service := binary.AppendUvarint([]byte{field1}, uint64(len(cluster)))
	return string(append(service, cluster...))
}

// grpcCall is the call that something came to; nil where nobody waits for it.
func grpcCall(context, token uint32) GRPCHandler {
	call, isPending := pendingGRPCs[token]
	if !isPending {
		return nil
	}
	enter(context, call.owner)
	return call.handler
}

func onGRPCMessage(context, token uint32, size int) {
	isUnary := pendingGRPCs[token].isUnary
	if handler := grpcCall(context, token); handler != nil {
		if isUnary {
			GRPCStream(token).forget()
		}
		handler.OnMessage(size)
	}
}

func onGRPCClose(context, token, code uint32) {
	if handler := grpcCall(context, token); handler != nil {
		GRPCStream(token).forget()
		handler.OnClose(GRPCCode(code))
	}
}
