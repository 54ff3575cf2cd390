package net

import (
	"os"
	"unsafe"
)

// The calls of quadrant_net_v1. None of them waits; each answers the number of an error.

//go:wasmimport quadrant_net_v1 dial
//go:noescape
func hostDial(family uint32, address string, fd *uint32) uint32

//go:wasmimport quadrant_net_v1 resolve
//go:noescape
func hostResolve(family uint32, name string, fd *uint32) uint32

//go:wasmimport quadrant_net_v1 status
//go:noescape
func hostStatus(fd uint32) uint32

//go:wasmimport quadrant_net_v1 address
//go:noescape
func hostAddress(fd, end uint32, buffer unsafe.Pointer, size uint32, length *uint32) uint32

const (
	localEnd = 0
	peerEnd  = 1
)

// addressOfDescriptor is one end of a connection or listener; empty where the host does not know it.
func addressOfDescriptor(fd uintptr, end uint32) string {
	buffer := make([]byte, 64)
	var length uint32
	if hostAddress(uint32(fd), end, unsafe.Pointer(&buffer[0]), uint32(len(buffer)), &length) != 0 {
		return ""
	}
	return string(buffer[:length])
}

func addressOf(file *os.File, end uint32) string {
	raw, err := file.SyscallConn()
	if err != nil {
		return ""
	}
	text := ""
	_ = raw.Control(func(fd uintptr) { text = addressOfDescriptor(fd, end) })
	return text
}
