// Resolve asks for names with Go's own resolver and opens a connection to each.
//
//	resolve HOST:PORT...   one line for each: what it was asked for, and what became of it
package main

import (
	"fmt"
	"net"
	"os"
	"time"
)

func main() {
	dialer := net.Dialer{Timeout: 5 * time.Second, Resolver: &net.Resolver{PreferGo: true}}
	for _, target := range os.Args[1:] {
		conn, err := dialer.Dial("tcp4", target)
		if err != nil {
			fmt.Printf("%s: %v\n", target, err)
			continue
		}
		fmt.Printf("%s: %v\n", target, conn.RemoteAddr())
		conn.Close()
	}
}
