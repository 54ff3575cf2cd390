package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// serve answers HTTP on the listener that it was started with, until GET /quit.
func serve([]string) error {
	fd, err := strconv.Atoi(os.Getenv("LISTEN_FDS_START"))
	if err != nil {
		return fmt.Errorf("LISTEN_FDS_START: %w", err)
	}
	listener, err := net.FileListener(os.NewFile(uintptr(fd), "listener"))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	server := &http.Server{Handler: mux}
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	})
	mux.HandleFunc("GET /large", func(w http.ResponseWriter, r *http.Request) {
		for range 8 {
			_, _ = io.WriteString(w, strings.Repeat("quadrant", 1<<17))
		}
	})
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond)
		_, _ = io.WriteString(w, "slow")
	})
	mux.HandleFunc("GET /quit", func(w http.ResponseWriter, r *http.Request) {
		go func() {
			// Answered first.
			time.Sleep(20 * time.Millisecond)
			_ = server.Close()
		}()
	})
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	fmt.Println("closed")
	return nil
}
