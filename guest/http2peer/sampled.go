package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

const (
	sampledConnections = 2
	// At a time on each of them.
	sampledStreams = 50
)

// sampled sends count requests, many at once; each every-th asks to be captured, in the middle of those that do not. It
// tells which ones did when all are answered.
func sampled(protocol, address string, count, every int) error {
	send := sampledHTTP
	if protocol == "grpc" {
		send = sampledCall
	}
	var next atomic.Int64
	var done sync.WaitGroup
	for range sampledConnections {
		one, err := send(address)
		if err != nil {
			return err
		}
		for range sampledStreams {
			done.Go(func() {
				for i := int(next.Add(1)) - 1; i < count; i = int(next.Add(1)) - 1 {
					if err := one(i, i%every == every/2); err != nil {
						fail(err)
					}
				}
			})
		}
	}
	done.Wait()
	asked := []string{}
	for i := every / 2; i < count; i += every {
		asked = append(asked, strconv.Itoa(i))
	}
	tell(map[string]any{"requests": count, "asked": asked})
	return nil
}

// asking are the fields of a request that asks to be captured.
func asking(i int) []string {
	return []string{
		"x-trace-sampling", "High",
		"traceparent", fmt.Sprintf("00-%032x-%016x-01", i+1, i+1),
		"authorization", fmt.Sprintf("Bearer s3cret-s3cret-%d", i),
		"x-mine", "s3cret",
		"x-long", fmt.Sprintf("%0500d", i),
	}
}

func sampledHTTP(address string) (func(i int, asks bool) error, error) {
	transport := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true, MaxConnsPerHost: 1}
	transport.Protocols.SetUnencryptedHTTP2(true)
	return func(i int, asks bool) error {
		request, err := http.NewRequest("GET", fmt.Sprintf("http://%s/item/%d?status=200&bytes=10&token=s3cret", address, i%40), nil)
		if err != nil {
			return err
		}
		request.Header.Set("x-request", strconv.Itoa(i))
		if asks {
			pairs := asking(i)
			for at := 0; at < len(pairs); at += 2 {
				request.Header.Set(pairs[at], pairs[at+1])
			}
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}, nil
}

func sampledCall(address string) (func(i int, asks bool) error, error) {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})))
	if err != nil {
		return nil, err
	}
	return func(i int, asks bool) error {
		pairs := []string{"x-request", strconv.Itoa(i), "x-messages", "1", "x-code", "0"}
		if asks {
			pairs = append(pairs, asking(i)...)
		}
		var answer []byte
		ctx := metadata.AppendToOutgoingContext(context.Background(), pairs...)
		return connection.Invoke(ctx, "/shop.v1.Cart/Get", reply, &answer)
	}, nil
}
