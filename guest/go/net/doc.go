// Package net connects a Go program to the network from inside a WebAssembly host. Preview 1 of WASI has no call for
// that, so the standard library dials a network of its own that nobody else is in; this package asks the host:
//
//	quadrant wasm run app.wasm --allow-net example.com:443 --listen 8080
//
//	client := &http.Client{Transport: net.Transport()}
//	listener, err := net.Listen("tcp", ":8080")
//
// Built for any other system everything here does what the standard library does, so the same program runs there too.
package net
