package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const workers = 8

// trusting believes whoever answers.
var trusting = &tls.Config{InsecureSkipVerify: true}

// seen is one request as the client saw it.
type seen struct {
	Request       string `json:"request"`
	Method        string `json:"method"`
	Path          string `json:"path"`
	Status        int    `json:"status"`
	Informational []int  `json:"informational,omitempty"`
	RequestBytes  int    `json:"requestBytes"`
	ResponseBytes int64  `json:"responseBytes"`
	Sampling      string `json:"sampling,omitempty"`
	// The client has given up, or the server has.
	Aborted  bool          `json:"aborted,omitempty"`
	Duration time.Duration `json:"durationNs"`
}

// each calls back for each of count requests, some at once, with random numbers that depend on the request alone.
func each(count int, do func(i int, random *rand.Rand)) {
	var wait sync.WaitGroup
	next := make(chan int)
	for range workers {
		wait.Go(func() {
			for i := range next {
				do(i, rand.New(rand.NewSource(int64(i))))
			}
		})
	}
	for i := range count {
		next <- i
	}
	close(next)
	wait.Wait()
}

func driveHTTP(address string, count int, isTLS bool) error {
	transport := &http.Transport{
		Protocols: new(http.Protocols), DisableCompression: true, MaxConnsPerHost: 1, TLSClientConfig: trusting,
	}
	url := "http://" + address
	if isTLS {
		url = "https://" + address
		transport.Protocols.SetHTTP2(true)
	} else {
		transport.Protocols.SetUnencryptedHTTP2(true)
	}
	each(count, func(i int, random *rand.Rand) { tell(oneRequest(transport, url, i, random)) })
	transport.CloseIdleConnections()
	return nil
}

func oneRequest(transport *http.Transport, url string, i int, random *rand.Rand) seen {
	pick := func(of ...string) string { return of[random.Intn(len(of))] }
	method := pick("GET", "GET", "POST", "PUT", "DELETE", "HEAD")
	status := pick("200", "200", "201", "204", "302", "404", "418", "500")
	size := []int{0, 1, 100, 5000, 40000}[random.Intn(5)]
	query := fmt.Sprintf("status=%s", status)
	if status != "204" && method != "HEAD" {
		query += fmt.Sprintf("&bytes=%d", size)
	}
	if random.Intn(8) == 0 {
		query += "&hints=2"
	}
	if random.Intn(8) == 0 {
		query += "&trailer"
	}
	hangs := random.Intn(20) == 0
	if hangs {
		query += "&hang"
		query = strings.ReplaceAll(query, "&hints=2", "")
	} else if random.Intn(20) == 0 && method == "GET" && status == "200" {
		query += "&abort"
	}
	one := seen{Request: strconv.Itoa(i), Method: method, Path: fmt.Sprintf("/item/%d/ü?%s", i%40, query)}
	var body io.Reader
	if method == "POST" || method == "PUT" {
		one.RequestBytes = []int{0, 1, 3000, 40000}[random.Intn(4)]
		body = bytes.NewReader(make([]byte, one.RequestBytes))
		if random.Intn(2) == 0 {
			// Of unknown length.
			body = io.MultiReader(body)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			one.Informational = append(one.Informational, code)
			if hangs {
				cancel()
			}
			return nil
		},
	})
	request, err := http.NewRequestWithContext(ctx, method, url+one.Path, body)
	if err != nil {
		fail(err)
	}
	one.Path = request.URL.RequestURI()
	request.Header.Set("x-request", one.Request)
	if random.Intn(10) == 0 {
		one.Sampling = "high"
		request.Header.Set("X-Trace-Sampling", "high")
	}
	for range random.Intn(4) {
		// Some are longer than a frame, and none longer than what an observer has to read.
		request.Header.Set("x-"+pick("a", "b", "c"), strings.Repeat(pick("ab", "1", "~|"), random.Intn(200)*pickLarge(random)))
	}
	start := time.Now()
	response, err := transport.RoundTrip(request)
	if err != nil {
		one.Aborted = true
		return one
	}
	defer response.Body.Close()
	one.Status = response.StatusCode
	one.ResponseBytes, err = io.Copy(io.Discard, response.Body)
	one.Aborted = err != nil
	one.Duration = time.Since(start)
	return one
}

func pickLarge(random *rand.Rand) int {
	if random.Intn(30) == 0 {
		return 50
	}
	return 1
}

// below says what calls of gRPC go over.
func below(isTLS bool) grpc.DialOption {
	if isTLS {
		return grpc.WithTransportCredentials(credentials.NewTLS(trusting))
	}
	return grpc.WithTransportCredentials(insecure.NewCredentials())
}

func driveGrpc(address string, count int, isTLS bool) error {
	connection, err := grpc.NewClient(address, below(isTLS),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})))
	if err != nil {
		return err
	}
	defer connection.Close()
	each(count, func(i int, random *rand.Rand) { tell(oneCall(connection, i, random)) })
	return nil
}

func oneCall(connection *grpc.ClientConn, i int, random *rand.Rand) seen {
	one := seen{
		Request: strconv.Itoa(i), Method: "POST",
		Path: fmt.Sprintf("/shop.v1.%s/%s", []string{"Cart", "Stock"}[random.Intn(2)], []string{"Get", "Add", "Watch"}[random.Intn(3)]),
	}
	code := 0
	if random.Intn(3) == 0 {
		code = random.Intn(17)
	}
	pairs := []string{"x-request", one.Request, "x-code", strconv.Itoa(code), "x-messages", strconv.Itoa(random.Intn(4))}
	hangs := random.Intn(20) == 0
	early := random.Intn(10) == 0
	if hangs {
		pairs = append(pairs, "x-hang", "1")
	} else if early {
		pairs = append(pairs, "x-early", "1")
	}
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(context.Background(), pairs...))
	defer cancel()
	start := time.Now()
	stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, one.Path)
	if err != nil {
		fail(err)
	}
	for range random.Intn(4) {
		if stream.SendMsg(make([]byte, random.Intn(3000))) != nil {
			break
		}
	}
	if hangs {
		stream.Header()
		cancel()
		one.Aborted = true
	}
	if !early {
		stream.CloseSend()
	}
	for err == nil {
		var message []byte
		err = stream.RecvMsg(&message)
	}
	if err != io.EOF {
		one.Status = int(status.Code(err))
	}
	one.Duration = time.Since(start)
	return one
}
