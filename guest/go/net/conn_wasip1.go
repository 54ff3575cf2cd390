package net

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
)

// conn is a TCP connection that knows its ends: the standard library has no call to ask for them here.
type conn struct {
	*net.TCPConn
	local, peer net.Addr
	closing
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.peer }

func (c *conn) Read(into []byte) (int, error) {
	count, err := c.TCPConn.Read(into)
	return count, c.mend(err)
}

func (c *conn) Write(bytes []byte) (int, error) {
	count, err := c.TCPConn.Write(bytes)
	return count, c.mend(err)
}

func (c *conn) Close() error {
	c.isClosed.Store(true)
	return c.mend(c.TCPConn.Close())
}

// closing is whether something was closed. Made of a file, it would say of itself that a file was closed, for which
// nobody looks who has a connection or a listener.
type closing struct{ isClosed atomic.Bool }

func (c *closing) mend(err error) error {
	var failed *net.OpError
	if c.isClosed.Load() && errors.As(err, &failed) {
		failed.Err = net.ErrClosed
	}
	return err
}

// newConn takes a descriptor that is a connection; the file is closed.
func newConn(file *os.File) (*conn, error) {
	defer file.Close()
	made, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	local, peer := tcpAddr(addressOf(file, localEnd)), tcpAddr(addressOf(file, peerEnd))
	return &conn{TCPConn: made.(*net.TCPConn), local: local, peer: peer}, nil
}

func tcpAddr(text string) *net.TCPAddr {
	address, err := netip.ParseAddrPort(text)
	if err != nil {
		return &net.TCPAddr{}
	}
	return net.TCPAddrFromAddrPort(address)
}
