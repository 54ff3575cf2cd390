package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"example.com/quadrant/guest/net"
)

// fetch gets each URL twice, the second time on the same connection, and posts 3 MB to it; ROOTS has certificates to
// trust.
func fetch(urls []string) error {
	transport := net.Transport()
	if roots := os.Getenv("ROOTS"); roots != "" {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM([]byte(roots)) {
			return errors.New("ROOTS has no certificate")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	client := &http.Client{Transport: transport}
	for _, url := range urls {
		for range 2 {
			text, err := read(client.Get(url))
			if err != nil {
				fmt.Println("get", describe(err))
				break
			}
			fmt.Println("get", text)
		}
		sent := bytes.Repeat([]byte("request body "), 3<<20/13)
		text, err := read(client.Post(url, "text/plain", bytes.NewReader(sent)))
		if err != nil {
			fmt.Println("post", describe(err))
			continue
		}
		fmt.Println("post", text)
	}
	return many(client, urls[0])
}

// many has 50 requests under way at once.
func many(client *http.Client, url string) error {
	var group sync.WaitGroup
	failures := make(chan error, 50)
	for range 50 {
		group.Add(1)
		go func() {
			defer group.Done()
			if _, err := read(client.Get(url)); err != nil {
				failures <- err
			}
		}()
	}
	group.Wait()
	close(failures)
	fmt.Println("many", len(failures))
	return <-failures
}

func read(response *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return fmt.Sprintf("%s %d %d %s", response.Proto, response.StatusCode, len(body), firstLine(body)), err
}

func firstLine(body []byte) string {
	line, _, _ := strings.Cut(string(body), "\n")
	return line[:min(len(line), 40)]
}

// serve answers HTTP on the listener that it is given, until GET /quit.
func serve([]string) error {
	listener, err := net.Listen("tcp", ":0")
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
	mux.HandleFunc("GET /hello", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "hello")
	})
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond)
		_, _ = io.WriteString(w, "slow")
	})
	mux.HandleFunc("GET /peer", func(w http.ResponseWriter, r *http.Request) {
		local := r.Context().Value(http.LocalAddrContextKey)
		_, _ = fmt.Fprintln(w, r.RemoteAddr, local)
	})
	mux.HandleFunc("GET /quit", func(w http.ResponseWriter, r *http.Request) {
		go func() {
			// Answered first.
			time.Sleep(20 * time.Millisecond)
			_ = server.Close()
		}()
	})
	ticks := 0
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			ticks++
		}
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	fmt.Println("closed", ticks > 0)
	return nil
}
