package main

import (
	"context"
	"fmt"
	"net"
	"strconv"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	cache "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	server "github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
)

// anyone has all clients share one snapshot.
type anyone struct{}

func (anyone) ID(*core.Node) string { return "anyone" }

// serve answers `set FROM TO TAG` with the time at which the change began.
func serve(kind string) {
	linear := cache.NewLinearCache(typeURL)
	snapshots := cache.NewSnapshotCache(true, anyone{}, nil)
	var served cache.Cache = linear
	if kind == "snapshot" {
		served = snapshots
	}
	grpcServer := grpc.NewServer(grpc.MaxConcurrentStreams(1 << 20))
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, server.NewServer(context.Background(), served, nil))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	go func() { fail(grpcServer.Serve(listener)) }()
	say(map[string]int{"port": listener.Addr().(*net.TCPAddr).Port})

	all := map[string]types.Resource{}
	commands(func(words []string) any {
		from, to, tag := number(words[1]), number(words[2]), number(words[3])
		changed := map[string]types.Resource{}
		for index := from; index < to; index++ {
			changed[name(index)] = endpoints(index, tag)
		}
		began := now()
		if kind == "linear" {
			if err := linear.UpdateResources(changed, nil); err != nil {
				fail(err)
			}
			return map[string]int64{"beganNs": began}
		}
		list := make([]types.Resource, 0, len(all)+len(changed))
		for name, resource := range changed {
			all[name] = resource
		}
		for _, resource := range all {
			list = append(list, resource)
		}
		snapshot, err := cache.NewSnapshot(strconv.Itoa(tag), map[resource.Type][]types.Resource{typeURL: list})
		if err != nil {
			fail(err)
		}
		if err := snapshots.SetSnapshot(context.Background(), "anyone", snapshot); err != nil {
			fail(err)
		}
		return map[string]int64{"beganNs": began}
	})
}

// endpoints has the shape of those in quadrants/govern/src/xds/testing/made-resource.ts.
func endpoints(index, tag int) *endpoint.ClusterLoadAssignment {
	var hosts []*endpoint.LbEndpoint
	for host := 1; host <= 2; host++ {
		address := &core.SocketAddress{
			Address:       fmt.Sprintf("10.%d.%d.%d", host, index>>8&255, index&255),
			PortSpecifier: &core.SocketAddress_PortValue{PortValue: uint32(1024 + tag%60000)},
		}
		hosts = append(hosts, &endpoint.LbEndpoint{HostIdentifier: &endpoint.LbEndpoint_Endpoint{
			Endpoint: &endpoint.Endpoint{Address: &core.Address{Address: &core.Address_SocketAddress{SocketAddress: address}}},
		}})
	}
	return &endpoint.ClusterLoadAssignment{
		ClusterName: name(index),
		Endpoints:   []*endpoint.LocalityLbEndpoints{{LbEndpoints: hosts}},
	}
}
