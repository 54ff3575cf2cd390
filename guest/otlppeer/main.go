// Otlppeer is the other side of Quadrant's telemetry pipelines in their tests and benchmarks, made of the official Go
// packages of OpenTelemetry, gRPC and Prometheus.
//
//	otlppeer receive              OTLP/gRPC and OTLP/HTTP servers; a line of JSON for the addresses, then one a request
//	otlppeer send grpc|http ADDR  sends requests as JSON lines on stdin say; a line of JSON for each answer
//	otlppeer parse                Prometheus text on stdin, its families as JSON on stdout
//	otlppeer bench                decode, batch and encode again, beside ours
package main

import (
	"fmt"
	"os"
)

func main() {
	var err error
	switch command(); command() {
	case "receive":
		err = receive()
	case "send":
		err = send(os.Args[2], os.Args[3])
	case "parse":
		err = parse()
	case "bench":
		err = bench()
	default:
		err = fmt.Errorf("usage: otlppeer receive | send grpc|http ADDRESS | parse | bench")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func command() string {
	if len(os.Args) < 2 || (os.Args[1] == "send" && len(os.Args) < 4) {
		return ""
	}
	return os.Args[1]
}
