// Command netprog is what the tests of guest/go/net run, inside of the WASI host and outside of it: it does what its
// first argument says, and prints what it saw.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdnet "net"
	"os"
	"syscall"
	"time"

	"example.com/quadrant/guest/net"
)

func main() {
	tasks := map[string]func([]string) error{
		"dial":     dial,
		"deadline": deadline,
		"lookup":   lookup,
		"fetch":    fetch,
		"serve":    serve,
		"listen":   listen,
	}
	task := ""
	if len(os.Args) > 1 {
		task = os.Args[1]
	}
	run, ok := tasks[task]
	if !ok {
		fmt.Fprintln(os.Stderr, "no task", task)
		os.Exit(64)
	}
	if err := run(os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "netprog:", err)
		os.Exit(3)
	}
}

// dial says hello to each address, ends what it sends, and prints what comes back until the end.
func dial(addresses []string) error {
	for _, address := range addresses {
		dialer := &net.Dialer{Timeout: 5 * time.Second}
		conn, err := dialer.Dial("tcp", address)
		if err != nil {
			fmt.Println(address, describe(err))
			continue
		}
		fmt.Println(address, "peer", conn.RemoteAddr(), "local", conn.LocalAddr().(*stdnet.TCPAddr).Port > 0)
		_, err = io.WriteString(conn, "hello")
		// One that was reset meanwhile says so to who reads.
		_ = conn.(interface{ CloseWrite() error }).CloseWrite()
		var answer []byte
		if err == nil {
			answer, err = io.ReadAll(conn)
		}
		fmt.Printf("%s %q %s\n", address, answer, describe(err))
		conn.Close()
	}
	return nil
}

// deadline waits for what never comes, in each way that there is, while another goroutine goes on.
func deadline(addresses []string) error {
	ticks := 0
	go func() {
		for range time.Tick(time.Millisecond) {
			ticks++
		}
	}()
	// Nobody answers there: a dial only ends by its timeout, or its context.
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(30*time.Millisecond, cancel)
	_, err := new(net.Dialer).DialContext(ctx, "tcp", addresses[0])
	fmt.Println("cancel", describe(err))
	_, err = net.DialTimeout("tcp", addresses[0], 30*time.Millisecond)
	fmt.Println("timeout", describe(err))
	conn, err := net.Dial("tcp", addresses[1])
	if err != nil {
		return err
	}
	_ = conn.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	_, err = conn.Read(make([]byte, 1))
	fmt.Println("read", describe(err))
	_ = conn.SetReadDeadline(time.Time{})
	time.AfterFunc(30*time.Millisecond, func() { conn.Close() })
	_, err = conn.Read(make([]byte, 1))
	fmt.Println("closed", errors.Is(err, stdnet.ErrClosed))
	fmt.Println("ticks", ticks > 20)
	return nil
}

func lookup(names []string) error {
	for _, name := range names {
		addresses, err := net.LookupHost(context.Background(), name)
		fmt.Println(name, addresses, describe(err))
	}
	return nil
}

// listen takes what it was given, and prints where each listens.
func listen(addresses []string) error {
	for _, address := range addresses {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			fmt.Println(address, describe(err))
			continue
		}
		fmt.Println(address, listener.Addr())
	}
	rest, err := net.Listeners()
	fmt.Println("rest", len(rest), describe(err))
	return nil
}

// describe tells of an error what callers ask of errors, apart from its text, which differs from system to system.
func describe(err error) string {
	if err == nil {
		return "ok"
	}
	for name, errno := range map[string]syscall.Errno{
		"EACCES": syscall.EACCES, "ECONNREFUSED": syscall.ECONNREFUSED, "ECONNRESET": syscall.ECONNRESET,
		"EHOSTUNREACH": syscall.EHOSTUNREACH, "ENETUNREACH": syscall.ENETUNREACH, "EPIPE": syscall.EPIPE,
	} {
		if errors.Is(err, errno) {
			return name
		}
	}
	var name *stdnet.DNSError
	var timeout stdnet.Error
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return "no such host"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return err.Error()
}
