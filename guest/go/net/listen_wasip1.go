package net

import (
	"net"
	"os"
	"syscall"
)

// listener accepts connections that know their ends.
type listener struct {
	*net.TCPListener
	address net.Addr
	closing
}

func newListener(file *os.File) (net.Listener, error) {
	made, err := net.FileListener(file)
	if err != nil {
		return nil, err
	}
	return &listener{TCPListener: made.(*net.TCPListener), address: tcpAddr(addressOf(file, localEnd))}, nil
}

func (l *listener) Close() error {
	l.isClosed.Store(true)
	return l.mend(l.TCPListener.Close())
}

func (l *listener) Addr() net.Addr { return l.address }

func (l *listener) Accept() (net.Conn, error) {
	accepted, err := l.TCPListener.AcceptTCP()
	if err != nil {
		return nil, l.mend(err)
	}
	made := &conn{TCPConn: accepted, local: l.address, peer: &net.TCPAddr{}}
	if raw, err := accepted.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			made.local = tcpAddr(addressOfDescriptor(fd, localEnd))
			made.peer = tcpAddr(addressOfDescriptor(fd, peerEnd))
		})
	}
	return made, nil
}

func listen(network, address string) (net.Listener, error) {
	return nil, &net.OpError{Op: "listen", Net: network, Addr: namedAddr(address), Err: &notGiven{}}
}

// notGiven is that there is no listener, or no more of them.
type notGiven struct{}

func (*notGiven) Error() string {
	return "the host has given no listener for it: it has to be given by --listen"
}

func (*notGiven) Unwrap() error { return syscall.EACCES }

// A guest is alone: there is no other process that could be meant.
func isForThisProcess() bool { return true }
