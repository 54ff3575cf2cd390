package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// shape says how a TCP connection goes and who ends it.
type shape uint8

const (
	clientCloses  shape = iota // the client closes after the answer
	serverCloses               // the server closes after its answer
	halfClose                  // the client shuts down its writing side, then reads the answer
	serverResets               // the server resets once the client has confirmed the answer
	clientResets               // the client resets after the answer
	unreadAtClose              // the client closes with the answer unread: the kernel resets
)

var shapeNames = map[string]shape{
	"client-closes": clientCloses, "server-closes": serverCloses, "half-close": halfClose,
	"server-resets": serverResets, "client-resets": clientResets, "unread": unreadAtClose,
}

// Each connection starts with a header: shape u8, three bytes of padding, request u32, response u32 (little endian).
const headerBytes = 12

func serveTCP(listener net.Listener, log *journal) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() { log.add(answer(conn.(*net.TCPConn))) }()
	}
}

// answer serves one connection and tells what happened to it.
func answer(conn *net.TCPConn) (e entry) {
	defer conn.Close()
	e = entry{Role: "server", Protocol: "tcp", Local: conn.LocalAddr().String(), Remote: conn.RemoteAddr().String(), Outcome: "closed"}
	var header [headerBytes]byte
	n, err := io.ReadFull(conn, header[:])
	e.Received += int64(n)
	if err != nil {
		return failed(e, err)
	}
	kind := shape(header[0])
	copied, err := io.CopyN(io.Discard, conn, int64(binary.LittleEndian.Uint32(header[4:])))
	e.Received += copied
	if err != nil {
		return failed(e, err)
	}
	e.Sent, err = write(conn, int(binary.LittleEndian.Uint32(header[8:])))
	if err != nil {
		return failed(e, err)
	}
	switch kind {
	case serverCloses:
		return e
	case serverResets:
		var confirmation [1]byte
		n, err = io.ReadFull(conn, confirmation[:])
		e.Received += int64(n)
		if err != nil {
			return failed(e, err)
		}
		conn.SetLinger(0)
		e.Outcome = "reset-sent"
		return e
	}
	copied, err = io.Copy(io.Discard, conn)
	e.Received += copied
	if err != nil {
		return failed(e, err)
	}
	return e
}

func failed(e entry, err error) entry {
	e.Error = err.Error()
	switch {
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		e.Outcome = "reset-received"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Outcome = "refused"
	}
	return e
}

func write(conn net.Conn, total int) (int64, error) {
	var chunk [16 << 10]byte
	written := 0
	for written < total {
		n, err := conn.Write(chunk[:min(len(chunk), total-written)])
		written += n
		if err != nil {
			return int64(written), err
		}
	}
	return int64(written), nil
}

type dialOptions struct {
	to       string
	from     string
	count    int
	parallel int
	shape    shape
	send     int
	receive  int
	hold     time.Duration
	basePort int
}

func dial(arguments []string) error {
	flags := flag.NewFlagSet("dial", flag.ExitOnError)
	var o dialOptions
	logPath := flags.String("log", "", "where to write what happened")
	shapeName := flags.String("shape", "client-closes", "how each connection goes")
	hold := flags.Int("hold", 0, "milliseconds to keep each connection open after the exchange")
	flags.StringVar(&o.to, "to", "", "address to connect to")
	flags.IntVar(&o.count, "count", 1, "connections to make")
	flags.IntVar(&o.parallel, "parallel", 1, "connections at a time")
	flags.IntVar(&o.send, "send", 100, "payload bytes of the request")
	flags.IntVar(&o.receive, "receive", 100, "payload bytes of the response")
	flags.IntVar(&o.basePort, "base-port", 0, "bind connection i to this port + i, so that a failed connect has a known tuple")
	flags.StringVar(&o.from, "from", "", "address to bind with --base-port")
	flags.Parse(arguments)
	kind, ok := shapeNames[*shapeName]
	if !ok {
		return fmt.Errorf("unknown shape %q", *shapeName)
	}
	o.shape, o.hold = kind, time.Duration(*hold)*time.Millisecond
	log, err := openJournal(*logPath)
	if err != nil {
		return err
	}
	each(o.count, o.parallel, func(i int) { log.add(exchange(o, i)) })
	return log.close()
}

// each runs work for 0 … count-1, at most `parallel` at a time.
func each(count, parallel int, work func(int)) {
	var wait sync.WaitGroup
	tickets := make(chan struct{}, parallel)
	for i := range count {
		tickets <- struct{}{}
		wait.Add(1)
		go func() {
			defer func() { <-tickets; wait.Done() }()
			work(i)
		}()
	}
	wait.Wait()
}

// exchange makes one connection and tells what happened to it.
func exchange(o dialOptions, i int) (e entry) {
	e = entry{Role: "client", Protocol: "tcp", Remote: o.to, Outcome: "closed"}
	dialer := net.Dialer{Timeout: 10 * time.Second}
	if o.basePort > 0 {
		from := netip.AddrPortFrom(netip.MustParseAddr(o.from), uint16(o.basePort+i))
		dialer.LocalAddr = net.TCPAddrFromAddrPort(from)
		e.Local = from.String()
	}
	plain, err := dialer.DialContext(context.Background(), "tcp", o.to)
	if err != nil {
		return failed(e, err)
	}
	conn := plain.(*net.TCPConn)
	defer conn.Close()
	e.Local, e.Remote = conn.LocalAddr().String(), conn.RemoteAddr().String()
	request := make([]byte, headerBytes, headerBytes+o.send)
	request[0] = byte(o.shape)
	binary.LittleEndian.PutUint32(request[4:], uint32(o.send))
	binary.LittleEndian.PutUint32(request[8:], uint32(o.receive))
	e.Sent, err = writeAll(conn, append(request, make([]byte, o.send)...))
	if err != nil {
		return failed(e, err)
	}
	if o.shape == halfClose {
		conn.CloseWrite()
	}
	if o.shape == unreadAtClose {
		return leaveUnread(conn, e, o.receive)
	}
	e.Received, err = io.CopyN(io.Discard, conn, int64(o.receive))
	if err != nil {
		return failed(e, err)
	}
	if o.hold > 0 {
		time.Sleep(o.hold)
	}
	switch o.shape {
	case clientResets:
		conn.SetLinger(0)
		e.Outcome = "reset-sent"
	case serverResets:
		n, _ := conn.Write([]byte{1})
		e.Sent += int64(n)
		if _, err := io.Copy(io.Discard, conn); err != nil {
			return failed(e, err)
		}
	case serverCloses, halfClose:
		io.Copy(io.Discard, conn)
	}
	return e
}

// leaveUnread waits until the kernel holds the whole answer, then closes without reading it.
func leaveUnread(conn *net.TCPConn, e entry, receive int) entry {
	raw, err := conn.SyscallConn()
	if err != nil {
		return failed(e, err)
	}
	for range 2000 {
		queued := 0
		raw.Control(func(fd uintptr) { queued = queuedBytes(int(fd)) })
		if queued >= receive {
			break
		}
		time.Sleep(time.Millisecond)
	}
	e.Received, e.Outcome = int64(receive), "reset-sent"
	return e
}

func writeAll(conn net.Conn, bytes []byte) (int64, error) {
	n, err := conn.Write(bytes)
	return int64(n), err
}
