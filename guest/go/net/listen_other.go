//go:build !wasip1

package net

import (
	"net"
	"os"
	"strconv"
)

func newListener(file *os.File) (net.Listener, error) {
	return net.FileListener(file)
}

func listen(network, address string) (net.Listener, error) {
	return net.Listen(network, address)
}

func isForThisProcess() bool {
	return os.Getenv("LISTEN_PID") == strconv.Itoa(os.Getpid())
}
