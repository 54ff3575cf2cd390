// Tls prints, as JSON, where the toolchain that built it keeps what leads from a crypto/tls.Conn to its socket, and the
// hashes by which it tells types.
package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"reflect"
	"unsafe"
)

func main() {
	var reader = reflect.TypeOf(bytes.Reader{})
	var conn = reflect.TypeOf(tls.Conn{})
	layout := map[string]uint64{
		"conn":        offset(conn, "conn"),
		"isClient":    offset(conn, "isClient"),
		"input":       offset(conn, "input"),
		"fd":          offset(reflect.TypeOf(net.TCPConn{}), "conn", "fd"),
		"sysfd":       offset(elementOf(reflect.TypeOf(net.TCPConn{}), "conn", "fd"), "pfd", "Sysfd"),
		"readerBytes": offset(reader, "s"),
		"readerIndex": offset(reader, "i"),
		"tcpConnHash": hashOf((*net.TCPConn)(nil)),
		"tlsConnHash": hashOf((*tls.Conn)(nil)),
	}
	if err := json.NewEncoder(os.Stdout).Encode(layout); err != nil {
		panic(err)
	}
}

func offset(in reflect.Type, path ...string) uint64 {
	var sum uintptr
	for _, name := range path {
		field := fieldOf(in, name)
		sum += field.Offset
		in = field.Type
	}
	return uint64(sum)
}

// elementOf is what the pointer at the path's end points to.
func elementOf(in reflect.Type, path ...string) reflect.Type {
	for _, name := range path {
		in = fieldOf(in, name).Type
	}
	return in.Elem()
}

func fieldOf(in reflect.Type, name string) reflect.StructField {
	field, ok := in.FieldByName(name)
	if !ok {
		panic(fmt.Sprintf("%v has no field %s", in, name))
	}
	return field
}

// hashOf is what the method table of an interface has at the place where we read it: the hash of its type, which the
// type itself has in the same place.
func hashOf(value net.Conn) uint64 {
	type table struct {
		inter, dynamic unsafe.Pointer
		hash           uint32
	}
	type dynamicType struct {
		size, pointers uintptr
		hash           uint32
	}
	methods := *(**table)(unsafe.Pointer(&value))
	if own := (*dynamicType)(methods.dynamic).hash; own != methods.hash {
		panic(fmt.Sprintf("%T: the method table has %#x, the type %#x", value, methods.hash, own))
	}
	return uint64(methods.hash)
}
