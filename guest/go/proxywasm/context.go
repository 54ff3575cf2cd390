package proxywasm

// ContextID is what the host calls a plugin, an exchange or a connection.
type ContextID uint32

// Action is whether what was told goes on its way.
type Action uint32

const (
	// Continue lets it go on.
	Continue Action = 0
	// Pause holds it, and what comes behind it, until Stream.Resume. Of a body that is held the next callback tells all
	// that there is.
	Pause Action = 1
)

// PeerType is who closed a connection.
type PeerType uint32

const (
	PeerUnknown PeerType = 0
	// PeerLocal is the proxy itself.
	PeerLocal PeerType = 1
	// PeerRemote is the other side.
	PeerRemote PeerType = 2
)

// VMContext is what all plugins of a program have in common.
type VMContext interface {
	// OnVMStart is told the configuration of the VM, once for each plugin and before that is configured. An error is
	// logged, and the program does not start.
	OnVMStart(configuration []byte) error
}

// PluginContext is a filter as it is configured, by whatever exchanges pass it. Embed DefaultPlugin.
type PluginContext interface {
	// OnConfigure is told the configuration. An error is logged, and the filter does not start.
	OnConfigure(configuration []byte) error
	// OnTick is called as often as SetTickPeriod says.
	OnTick()
	// OnQueueReady tells of something in a queue that the plugin has registered.
	OnQueueReady(queue Queue)
	// OnForeignFunction is called by the host, for reasons of its own.
	OnForeignFunction(function uint32, arguments []byte)
	// NewHTTP makes what follows one exchange. With nil it passes.
	NewHTTP(id ContextID) HTTPContext
	// NewTCP makes what follows one connection. With nil it passes.
	NewTCP(id ContextID) TCPContext
	ending
}

// HTTPContext follows one exchange. Embed DefaultHTTP.
//
// The count is that of fields; isEnd that nothing comes behind them. The size is that of what can be read now, isEnd
// that no more comes, but for trailers.
type HTTPContext interface {
	OnRequestHeaders(count int, isEnd bool) Action
	OnRequestBody(size int, isEnd bool) Action
	OnRequestTrailers(count int) Action
	// OnRequestMetadata tells of a METADATA frame of HTTP/2, which nobody can read.
	OnRequestMetadata(count int) Action
	OnResponseHeaders(count int, isEnd bool) Action
	OnResponseBody(size int, isEnd bool) Action
	OnResponseTrailers(count int) Action
	OnResponseMetadata(count int) Action
	ending
}

// TCPContext follows one connection of a client, and that to the upstream which belongs to it. Embed DefaultTCP.
type TCPContext interface {
	OnNewConnection() Action
	OnDownstreamData(size int, isEnd bool) Action
	OnUpstreamData(size int, isEnd bool) Action
	OnDownstreamClose(by PeerType)
	OnUpstreamClose(by PeerType)
	ending
}

// ending is how each context ends: OnDone, OnLog, OnDelete.
type ending interface {
	// OnDone is called when the host needs the context no longer. With false it stays until Done.
	OnDone() bool
	// OnLog is called when everything is known, for a line in a log.
	OnLog()
	// OnDelete is the last that is called.
	OnDelete()
}

// DefaultPlugin takes any configuration, and follows neither exchanges nor connections.
type DefaultPlugin struct{ defaultEnding }

func (DefaultPlugin) OnConfigure([]byte) error         { return nil }
func (DefaultPlugin) OnTick()                          {}
func (DefaultPlugin) OnQueueReady(Queue)               {}
func (DefaultPlugin) OnForeignFunction(uint32, []byte) {}
func (DefaultPlugin) NewHTTP(ContextID) HTTPContext    { return nil }
func (DefaultPlugin) NewTCP(ContextID) TCPContext      { return nil }

// DefaultHTTP lets everything go on.
type DefaultHTTP struct{ defaultEnding }

func (DefaultHTTP) OnRequestHeaders(int, bool) Action  { return Continue }
func (DefaultHTTP) OnRequestBody(int, bool) Action     { return Continue }
func (DefaultHTTP) OnRequestTrailers(int) Action       { return Continue }
func (DefaultHTTP) OnRequestMetadata(int) Action       { return Continue }
func (DefaultHTTP) OnResponseHeaders(int, bool) Action { return Continue }
func (DefaultHTTP) OnResponseBody(int, bool) Action    { return Continue }
func (DefaultHTTP) OnResponseTrailers(int) Action      { return Continue }
func (DefaultHTTP) OnResponseMetadata(int) Action      { return Continue }

// DefaultTCP lets everything go on.
type DefaultTCP struct{ defaultEnding }

func (DefaultTCP) OnNewConnection() Action           { return Continue }
func (DefaultTCP) OnDownstreamData(int, bool) Action { return Continue }
func (DefaultTCP) OnUpstreamData(int, bool) Action   { return Continue }
func (DefaultTCP) OnDownstreamClose(PeerType)        {}
func (DefaultTCP) OnUpstreamClose(PeerType)          {}

type defaultEnding struct{}

func (defaultEnding) OnDone() bool { return true }
func (defaultEnding) OnLog()       {}
func (defaultEnding) OnDelete()    {}
