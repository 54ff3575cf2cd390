package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

const windowBytes = 1 << 20

// raw leaves messages as they are: what decoding costs a client is not what is measured.
type raw struct{}

func (raw) Name() string { return "proto" }

func (raw) Marshal(message any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(message.([]byte))}, nil
}

func (raw) Unmarshal(data mem.BufferSlice, message any) error {
	*message.(*[]byte) = data.Materialize()
	return nil
}

var _ encoding.CodecV2 = raw{}

// client is one proxy, with a connection of its own.
type client struct {
	connection *grpc.ClientConn
	stream     grpc.ClientStream
	// Of resources that it has yet to get.
	missing int
	gotNs   int64
}

type load struct {
	isDelta bool
	names   []string
	clients []*client
	mutex   sync.Mutex
	waiting int
	done    chan struct{}
}

// clients answers `sync` (opens a stream each, and waits until all have everything) with `tookNs`; `expect COUNT` (of
// the push that comes next) at once; `got` with the time at which each client had the whole push.
func clients(address string, isDelta bool, streamCount, resourceCount int) {
	l := &load{isDelta: isDelta}
	for index := range resourceCount {
		l.names = append(l.names, name(index))
	}
	for range streamCount {
		l.clients = append(l.clients, &client{connection: dial(address)})
	}
	for _, c := range l.clients {
		for state := c.connection.GetState(); state != connectivity.Ready; state = c.connection.GetState() {
			c.connection.WaitForStateChange(context.Background(), state)
		}
	}
	say(map[string]int{"connections": streamCount})
	commands(func(words []string) any {
		switch words[0] {
		case "sync":
			l.expect(resourceCount)
			began := now()
			for index, c := range l.clients {
				go l.follow(c, fmt.Sprintf("proxy-%d", index))
			}
			l.wait()
			return map[string]int64{"tookNs": now() - began}
		case "expect":
			l.expect(number(words[1]))
			return map[string]bool{"ok": true}
		default:
			l.wait()
			got := make([]int64, 0, len(l.clients))
			for _, c := range l.clients {
				got = append(got, c.gotNs)
			}
			return map[string][]int64{"gotNs": got}
		}
	})
}

func dial(address string) *grpc.ClientConn {
	connection, err := grpc.NewClient(
		"passthrough:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		// As Envoy has it. Else grpc-go measures the bandwidth by a ping at each response, which is more than the rest.
		grpc.WithStaticStreamWindowSize(windowBytes),
		grpc.WithStaticConnWindowSize(windowBytes),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(raw{}), grpc.MaxCallRecvMsgSize(64<<20)),
	)
	if err != nil {
		fail(err)
	}
	connection.Connect()
	return connection
}

func (l *load) expect(count int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.waiting = len(l.clients)
	l.done = make(chan struct{})
	for _, c := range l.clients {
		c.missing = count
	}
}

func (l *load) wait() {
	select {
	case <-l.done:
	case <-time.After(2 * time.Minute):
		fail(fmt.Errorf("%d clients did not get all", l.waiting))
	}
}

func (l *load) got(c *client, count int, at int64) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if c.missing <= 0 {
		return
	}
	c.missing -= count
	if c.missing > 0 {
		return
	}
	c.gotNs = at
	l.waiting--
	if l.waiting == 0 {
		close(l.done)
	}
}

func (l *load) follow(c *client, id string) {
	method := "StreamAggregatedResources"
	if l.isDelta {
		method = "DeltaAggregatedResources"
	}
	description := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	path := "/envoy.service.discovery.v3.AggregatedDiscoveryService/" + method
	stream, err := c.connection.NewStream(context.Background(), description, path)
	if err != nil {
		fail(err)
	}
	c.stream = stream
	send(stream, l.first(id))
	for {
		var response []byte
		if err := stream.RecvMsg(&response); err != nil {
			fail(err)
		}
		at := now()
		count, nonce, version := read(response)
		send(stream, l.acknowledgement(nonce, version))
		l.got(c, count, at)
	}
}

func (l *load) first(id string) []byte {
	node := &core.Node{Id: id, Cluster: "bench"}
	var request proto.Message = &discovery.DiscoveryRequest{Node: node, TypeUrl: typeURL, ResourceNames: l.names}
	if l.isDelta {
		request = &discovery.DeltaDiscoveryRequest{Node: node, TypeUrl: typeURL, ResourceNamesSubscribe: l.names}
	}
	return encoded(request)
}

func (l *load) acknowledgement(nonce, version string) []byte {
	if l.isDelta {
		return encoded(&discovery.DeltaDiscoveryRequest{TypeUrl: typeURL, ResponseNonce: nonce})
	}
	return encoded(&discovery.DiscoveryRequest{
		TypeUrl:       typeURL,
		ResponseNonce: nonce,
		VersionInfo:   version,
		ResourceNames: l.names,
	})
}

func encoded(message proto.Message) []byte {
	bytes, err := proto.Marshal(message)
	if err != nil {
		fail(err)
	}
	return bytes
}

func send(stream grpc.ClientStream, request []byte) {
	if err := stream.SendMsg(request); err != nil {
		fail(err)
	}
}

// read gives of a response in either variant how many resources it has, its nonce and its version.
func read(response []byte) (count int, nonce, version string) {
	for len(response) > 0 {
		number, kind, tagBytes := protowire.ConsumeTag(response)
		if tagBytes < 0 || kind != protowire.BytesType {
			fail(fmt.Errorf("this is no response"))
		}
		value, valueBytes := protowire.ConsumeBytes(response[tagBytes:])
		if valueBytes < 0 {
			fail(fmt.Errorf("this is no response"))
		}
		switch number {
		case 1:
			version = string(value)
		case 2:
			count++
		case 5:
			nonce = string(value)
		}
		response = response[tagBytes+valueBytes:]
	}
	return count, nonce, version
}
