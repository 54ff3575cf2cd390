// The other side of proxyless gRPC in tests: servers that say who they are, and clients that find them by xds:///.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	_ "google.golang.org/grpc/xds"
)

type named struct {
	grpc_health_v1.UnimplementedHealthServer
	name string
}

func (n named) Check(ctx context.Context, _ *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	if err := grpc.SetHeader(ctx, metadata.Pairs("x-name", n.name)); err != nil {
		return nil, err
	}
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}, nil
}

// serve NAME...: a server for each, whose ports it prints in one line, until stdin ends.
func serve(names []string) error {
	ports := make([]int, len(names))
	for index, name := range names {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		ports[index] = listener.Addr().(*net.TCPAddr).Port
		server := grpc.NewServer()
		grpc_health_v1.RegisterHealthServer(server, named{name: name})
		go server.Serve(listener)
	}
	if err := json.NewEncoder(os.Stdout).Encode(ports); err != nil {
		return err
	}
	bufio.NewReader(os.Stdin).ReadString(0)
	return nil
}

type report struct {
	Calls  int64  `json:"calls"`
	Failed int64  `json:"failed"`
	Error  string `json:"error"`
	Name   string `json:"name"`
}

const clientCount = 16

// call TARGET: calls all the time, and prints what came of it 50 times a second, until stdin ends.
func call(target string) error {
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	client := grpc_health_v1.NewHealthClient(connection)
	var calls, failed atomic.Int64
	var name, message atomic.Value
	name.Store("")
	message.Store("")
	ended, end := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for range clientCount {
		running.Go(func() {
			for ended.Err() == nil {
				var header metadata.MD
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
				_, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{}, grpc.Header(&header), grpc.WaitForReady(calls.Load() == 0))
				cancel()
				calls.Add(1)
				if err != nil {
					failed.Add(1)
					message.Store(err.Error())
				} else if names := header.Get("x-name"); len(names) > 0 {
					name.Store(names[0])
				}
			}
		})
	}
	go func() {
		encoder := json.NewEncoder(os.Stdout)
		for ended.Err() == nil {
			encoder.Encode(report{calls.Load(), failed.Load(), message.Load().(string), name.Load().(string)})
			time.Sleep(20 * time.Millisecond)
		}
	}()
	bufio.NewReader(os.Stdin).ReadString(0)
	end()
	running.Wait()
	return json.NewEncoder(os.Stdout).Encode(report{calls.Load(), failed.Load(), message.Load().(string), name.Load().(string)})
}

func main() {
	var err error
	switch {
	case len(os.Args) >= 3 && os.Args[1] == "serve":
		err = serve(os.Args[2:])
	case len(os.Args) == 3 && os.Args[1] == "call":
		err = call(os.Args[2])
	default:
		err = fmt.Errorf("usage: xdspeer serve NAME... | call TARGET")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
