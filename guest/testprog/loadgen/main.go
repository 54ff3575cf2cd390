// Loadgen makes connections of known shape and writes down what it did, so that an observer can be held against it.
//
//	loadgen serve --log FILE --tcp ADDR[,ADDR] --udp ADDR[,ADDR]
//	loadgen dial  --log FILE --to ADDR --count N --parallel P --shape SHAPE [--send BYTES] [--receive BYTES] [--hold MS]
//	loadgen send  --log FILE --to ADDR --count N --parallel P [--datagrams D] [--size BYTES] [--unconnected]
//
// Each log line is one end of one connection as the program itself saw it (type entry). `serve` runs until its standard
// input ends; it prints "ready" when it listens.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"sync"
)

// entry is one end of one connection, or of one UDP conversation.
type entry struct {
	Role     string `json:"role"`
	Protocol string `json:"protocol"`
	Local    string `json:"local"`
	Remote   string `json:"remote"`
	// Payload bytes that write calls took and that the other end is known to have sent.
	Sent     int64 `json:"sent"`
	Received int64 `json:"received"`
	// Datagrams, UDP only.
	SentMessages     int64 `json:"sentMessages,omitempty"`
	ReceivedMessages int64 `json:"receivedMessages,omitempty"`
	// "closed", "refused", "reset-sent", "reset-received"
	Outcome string `json:"outcome"`
	Pid     int    `json:"pid"`
	Error   string `json:"error,omitempty"`
}

// journal writes entries as JSON lines; safe for many goroutines.
type journal struct {
	mu   sync.Mutex
	file *os.File
	out  *bufio.Writer
}

func openJournal(path string) (*journal, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return &journal{file: file, out: bufio.NewWriterSize(file, 1<<20)}, nil
}

func (j *journal) add(e entry) {
	e.Pid = os.Getpid()
	e.Local, e.Remote = canonical(e.Local), canonical(e.Remote)
	line, _ := json.Marshal(e)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.out.Write(append(line, '\n'))
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.out.Flush(); err != nil {
		return err
	}
	return j.file.Close()
}

// canonical writes an IPv4 address that came through an IPv6 socket as IPv4.
func canonical(address string) string {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return address
	}
	return netip.AddrPortFrom(parsed.Addr().Unmap(), parsed.Port()).String()
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: loadgen serve|dial|send [flags]"))
	}
	commands := map[string]func([]string) error{"serve": serve, "dial": dial, "send": send}
	command, ok := commands[os.Args[1]]
	if !ok {
		fail(fmt.Errorf("unknown command %q", os.Args[1]))
	}
	if err := command(os.Args[2:]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "loadgen:", err)
	os.Exit(1)
}
