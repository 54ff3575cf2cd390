package net

import (
	"context"
	"net"
	"net/http"
	"time"
)

// Dialer connects to TCP addresses. Its zero value has no timeout but that of the context.
type Dialer struct {
	// Timeout is how long a dial may take, name included.
	Timeout time.Duration
	// Deadline is when a dial is given up, whatever Timeout says.
	Deadline time.Time
}

// Dial connects to the address on the network: "tcp", "tcp4" or "tcp6".
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext is Dial, given up when the context ends. What the host does not allow fails with EACCES.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	return dialContext(ctx, network, address)
}

func (d *Dialer) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline := d.Deadline
	if d.Timeout > 0 {
		if end := time.Now().Add(d.Timeout); deadline.IsZero() || end.Before(deadline) {
			deadline = end
		}
	}
	if deadline.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline)
}

// Dial connects to the address on the network.
func Dial(network, address string) (net.Conn, error) {
	return new(Dialer).Dial(network, address)
}

// DialTimeout is Dial, given up after so long.
func DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	return (&Dialer{Timeout: timeout}).Dial(network, address)
}

// LookupHost is the addresses of a name, of those that the host allows to connect to.
func LookupHost(ctx context.Context, name string) ([]string, error) {
	return lookupHost(ctx, name)
}

// Transport is http.DefaultTransport, but that it connects by this package. It has no proxy, as a name that a proxy
// resolves is no name the host has checked.
func Transport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.DialContext = (&Dialer{Timeout: 30 * time.Second}).DialContext
	// A dialer of one's own turns HTTP/2 off where it is not asked for.
	transport.ForceAttemptHTTP2 = true
	return transport
}
