package net

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// notAllowed is that no rule of the host allows what was asked for.
type notAllowed struct{ what string }

func (e *notAllowed) Error() string {
	return "the host does not allow " + e.what + ": it has to be given by --allow-net"
}

func (e *notAllowed) Unwrap() error { return syscall.EACCES }

func dialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	var family uint32
	var number int
	if err == nil {
		number, err = net.LookupPort(network, port)
	}
	if err == nil {
		family, err = familyOf(network)
	}
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	if host == "" {
		host = "localhost"
	}
	target := net.JoinHostPort(host, strconv.Itoa(number))
	file, err := connected(ctx, family, target, host)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: dialledAddr(target), Err: err}
	}
	// It is a connection by now, or would have failed.
	made, err := newConn(file)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: dialledAddr(target), Err: err}
	}
	return made, nil
}

// connected is a descriptor whose connection stands.
func connected(ctx context.Context, family uint32, target, host string) (*os.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, contextError(err)
	}
	var fd uint32
	if errno := syscall.Errno(hostDial(family, target, &fd)); errno != 0 {
		return nil, dialError(errno, target, host)
	}
	file := os.NewFile(uintptr(fd), target)
	errno, err := await(ctx, file, 'w')
	if err == nil && errno != 0 {
		err = dialError(errno, target, host)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func lookupHost(ctx context.Context, name string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, contextError(err)
	}
	var fd uint32
	errno := syscall.Errno(hostResolve(0, name, &fd))
	var text []byte
	if errno == 0 {
		file := os.NewFile(uintptr(fd), name)
		defer file.Close()
		var err error
		if errno, err = await(ctx, file, 'r'); err == nil && errno == 0 {
			text, err = io.ReadAll(file)
		}
		if err != nil {
			return nil, err
		}
	}
	if errno == syscall.EACCES {
		return nil, &net.DNSError{Err: (&notAllowed{name}).Error(), Name: name, UnwrapErr: &notAllowed{name}}
	}
	if errno != 0 {
		return nil, dialError(errno, name, name)
	}
	return strings.Fields(string(text)), nil
}

// await has this goroutine, and no other, wait until the host has done what was asked for, or the context ends.
func await(ctx context.Context, file *os.File, mode byte) (syscall.Errno, error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return 0, err
	}
	isOver := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(isOver)
		_ = file.SetDeadline(time.Unix(1, 0))
	})
	var errno syscall.Errno
	isDone := func(fd uintptr) bool {
		errno = syscall.Errno(hostStatus(uint32(fd)))
		return errno != syscall.EINPROGRESS
	}
	if mode == 'w' {
		err = raw.Write(isDone)
	} else {
		err = raw.Read(isDone)
	}
	if !stop() {
		<-isOver
		return 0, contextError(ctx.Err())
	}
	return errno, err
}

func familyOf(network string) (uint32, error) {
	switch network {
	case "tcp":
		return 0, nil
	case "tcp4":
		return 4, nil
	case "tcp6":
		return 6, nil
	}
	return 0, net.UnknownNetworkError(network)
}

func dialError(errno syscall.Errno, target, host string) error {
	switch errno {
	case syscall.EACCES:
		return &notAllowed{target}
	case syscall.ENOENT:
		return &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	case syscall.EAGAIN:
		return &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
	case syscall.EINVAL:
		return &net.AddrError{Err: "neither a name nor an address", Addr: host}
	}
	return os.NewSyscallError("connect", errno)
}

// contextError is what the end of a context is called here: one whose time is over is a timeout as any other.
func contextError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	return err
}

// dialledAddr is an address to be told, also of a name.
func dialledAddr(target string) net.Addr {
	if address, err := netip.ParseAddrPort(target); err == nil {
		return net.TCPAddrFromAddrPort(address)
	}
	return namedAddr(target)
}

type namedAddr string

func (a namedAddr) Network() string { return "tcp" }
func (a namedAddr) String() string  { return string(a) }
