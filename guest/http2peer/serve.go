package main

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// served is one request as the server saw it.
type served struct {
	Request       string `json:"request"`
	Method        string `json:"method"`
	Path          string `json:"path"`
	Authority     string `json:"authority"`
	RequestBytes  int64  `json:"requestBytes"`
	ResponseBytes int64  `json:"responseBytes"`
	Status        int    `json:"status"`
}

// serve answers until its standard input ends.
func serve(host string, isTLS bool) error {
	plain, err := net.Listen("tcp", host+":0")
	if err != nil {
		return err
	}
	rpc, err := net.Listen("tcp", host+":0")
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:   http.HandlerFunc(answer),
		Protocols: new(http.Protocols),
		ErrorLog:  log.New(io.Discard, "", 0),
	}
	if isTLS {
		server.Protocols.SetHTTP2(true)
		server.TLSConfig = &tls.Config{Certificates: certificates()}
		go server.ServeTLS(plain, "", "")
	} else {
		server.Protocols.SetUnencryptedHTTP2(true)
		go server.Serve(plain)
	}
	options := append(over(isTLS), grpc.UnknownServiceHandler(answerRPC), grpc.ForceServerCodec(rawCodec{}))
	grpcServer := grpc.NewServer(options...)
	go grpcServer.Serve(rpc)
	tell(map[string]string{"http": plain.Addr().String(), "grpc": rpc.Addr().String()})
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// over says what a server of gRPC answers over.
func over(isTLS bool) []grpc.ServerOption {
	if !isTLS {
		return nil
	}
	return []grpc.ServerOption{grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: certificates()}))}
}

// certificates are for servers of tests, for clients that do not look at them.
func certificates() []tls.Certificate {
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	return server.TLS.Certificates
}

// answer does what the query says: status, bytes, hints (a number of 103), trailer, abort.
func answer(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	number := func(name string) int {
		value, _ := strconv.Atoi(query.Get(name))
		return value
	}
	for range number("hints") {
		w.Header().Set("link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
	}
	received, _ := io.Copy(io.Discard, r.Body)
	if query.Has("hang") {
		w.WriteHeader(http.StatusEarlyHints)
		<-r.Context().Done()
		return
	}
	if query.Has("trailer") {
		w.Header().Set("trailer", "x-sum")
	}
	w.Header().Set("content-type", "text/plain")
	w.WriteHeader(number("status"))
	sent, _ := w.Write([]byte(strings.Repeat("a", number("bytes"))))
	if query.Has("abort") {
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("x-sum", "17")
	tell(served{
		r.Header.Get("x-request"), r.Method, r.RequestURI, r.Host, received, int64(sent), number("status"),
	})
}

// answerRPC sends as many messages as its metadata says, after all of the client's, and ends with the code it says.
func answerRPC(_ any, stream grpc.ServerStream) error {
	incoming, _ := metadata.FromIncomingContext(stream.Context())
	number := func(name string) int {
		if len(incoming[name]) == 0 {
			return 0
		}
		value, _ := strconv.Atoi(incoming[name][0])
		return value
	}
	if number("x-hang") != 0 {
		stream.SendHeader(nil)
		<-stream.Context().Done()
		return nil
	}
	for number("x-early") == 0 {
		var message []byte
		if err := stream.RecvMsg(&message); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	for i := range number("x-messages") {
		if err := stream.SendMsg(make([]byte, 100*i)); err != nil {
			return err
		}
	}
	code := codes.Code(number("x-code"))
	method, _ := grpc.MethodFromServerStream(stream)
	tell(served{Request: incoming["x-request"][0], Method: "POST", Path: method, Status: int(code)})
	if code == codes.OK {
		return nil
	}
	return status.Error(code, "as you wish: ü")
}

// rawCodec sends bytes as they are.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(value any) ([]byte, error) { return value.([]byte), nil }

func (rawCodec) Unmarshal(bytes []byte, value any) error {
	*value.(*[]byte) = append([]byte(nil), bytes...)
	return nil
}
