package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// hold keeps connections to itself open, both ends in this process, until its input ends. With --trickle each connection
// carries a byte every so often, so that its counters change.
func hold(arguments []string) error {
	flags := flag.NewFlagSet("hold", flag.ExitOnError)
	count := flags.Int("count", 1000, "connections to keep open; each is two sockets")
	trickle := flags.Duration("trickle", 0, "how often each connection carries a byte; 0 is never")
	address := flags.String("address", "127.0.0.1", "address to listen on and connect to")
	flags.Parse(arguments)
	listener, err := net.Listen("tcp", net.JoinHostPort(*address, "0"))
	if err != nil {
		return err
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go io.Copy(io.Discard, conn)
		}
	}()
	conns := make([]net.Conn, *count)
	for i := range conns {
		if conns[i], err = net.Dial("tcp", listener.Addr().String()); err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
	}
	if *trickle > 0 {
		go func() {
			for range time.Tick(*trickle) {
				for _, conn := range conns {
					conn.Write([]byte{1})
				}
			}
		}()
	}
	fmt.Println(`{"ready":true}`)
	io.Copy(io.Discard, os.Stdin)
	return nil
}
