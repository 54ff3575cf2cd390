package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
)

// serve answers HTTP where it was told to listen; natively it chooses a port, and tells it.
func serve() error {
	listener, err := listen()
	if err != nil {
		return err
	}
	body := make([]byte, 16<<10)
	http.HandleFunc("GET /small", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello, world")
	})
	http.HandleFunc("GET /body", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(body)
	})
	return http.Serve(listener, nil)
}

func listen() (net.Listener, error) {
	if fd, err := strconv.Atoi(os.Getenv("LISTEN_FDS_START")); err == nil {
		return net.FileListener(os.NewFile(uintptr(fd), "listener"))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		fmt.Printf("{\"address\": %q}\n", listener.Addr().String())
	}
	return listener, err
}
