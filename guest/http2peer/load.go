package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
)

// Calls share connections, as those of one client do.
const callsOfConnection = 16

var reply = []byte(`{"id":12345,"items":[1,2,3],"total":17.5,"currency":"EUR"}`)

// quiet answers every call with one message, and tells nothing but its address.
func quiet(address string, isTLS bool) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	tell(listener.Addr().String())
	server := grpc.NewServer(append(over(isTLS), grpc.ForceServerCodec(rawCodec{}))...)
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "shop.v1.Cart",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{
			MethodName: "Get",
			Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				var request []byte
				return reply, decode(&request)
			},
		}},
	}, nil)
	return server.Serve(listener)
}

// load makes calls as fast as it can, for each line of input with milliseconds and how many at a time. Each line has
// connections of its own: who begins to watch in between sees them from their first byte on.
func load(address string, isTLS bool) error {
	lines := bufio.NewScanner(os.Stdin)
	tell(struct{}{})
	for lines.Scan() {
		var milliseconds, calls int
		if _, err := fmt.Sscan(lines.Text(), &milliseconds, &calls); err != nil {
			return err
		}
		var connections []*grpc.ClientConn
		for len(connections)*callsOfConnection < calls {
			connection, err := grpc.NewClient(address, below(isTLS),
				grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})))
			if err != nil {
				return err
			}
			connections = append(connections, connection)
		}
		began := time.Now()
		until := began.Add(time.Duration(milliseconds) * time.Millisecond)
		latencies := make([][]time.Duration, calls)
		var done sync.WaitGroup
		for i := range calls {
			done.Go(func() {
				for {
					sent := time.Now()
					if sent.After(until) {
						return
					}
					var answer []byte
					err := connections[i/callsOfConnection].Invoke(context.Background(), "/shop.v1.Cart/Get", reply, &answer)
					if err != nil {
						fail(err)
					}
					latencies[i] = append(latencies[i], time.Since(sent))
				}
			})
		}
		done.Wait()
		wall := time.Since(began)
		for _, connection := range connections {
			connection.Close()
		}
		all := slices.Concat(latencies...)
		slices.Sort(all)
		tell(map[string]int64{"requests": int64(len(all)), "wallNs": int64(wall), "medianNs": int64(all[len(all)/2])})
	}
	return nil
}
