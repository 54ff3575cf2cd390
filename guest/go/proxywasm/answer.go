package proxywasm

import "unsafe"

// scratchBytesMax is how much is kept to be written into again.
const scratchBytesMax = 64 << 10

// answer is where the host writes what it answers. It is not on the stack: while the host asks for memory the stack may
// move. One call is under way at a time.
var answer struct {
	// data and size are of bytes that the host has written into memory that it asked for.
	data, size uint32
	// number is a token, a time, a level, ...
	number  uint64
	number2 uint32
}

// What the host has asked for since the last call that takes bytes began. It is all that keeps the collector away.
var (
	scratch       []byte
	isScratchFree bool
	handedOut     [][]byte
)

var nothing [1]byte

// borrow begins a call whose bytes are read before the next call, and may be written to then.
func borrow() {
	isScratchFree = true
	clear(handedOut)
	handedOut = handedOut[:0]
	answer.data, answer.size = 0, 0
}

// own begins a call whose bytes stay.
func own() {
	isScratchFree = false
	clear(handedOut)
	handedOut = handedOut[:0]
	answer.data, answer.size = 0, 0
}

// allocate is memory for the host to write into.
func allocate(size uint32) unsafe.Pointer {
	if size == 0 {
		return unsafe.Pointer(&nothing)
	}
	var bytes []byte
	if isScratchFree && size <= scratchBytesMax {
		isScratchFree = false
		if uint32(cap(scratch)) < size {
			scratch = make([]byte, roundUp(size))
		}
		bytes = scratch[:size]
	} else {
		bytes = make([]byte, size)
	}
	handedOut = append(handedOut, bytes)
	return unsafe.Pointer(unsafe.SliceData(bytes))
}

func roundUp(size uint32) uint32 {
	capacity := uint32(256)
	for capacity < size {
		capacity *= 2
	}
	return capacity
}

// answered is the bytes that the host has written. Nil where it has written none.
func answered() []byte {
	if answer.size == 0 {
		return nil
	}
	for index, bytes := range handedOut {
		start := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(bytes))))
		if start == answer.data && int(answer.size) <= len(bytes) {
			handedOut[index] = nil
			return bytes[:answer.size:answer.size]
		}
	}
	// It did not ask for the memory that it says to have written into.
	panic("proxywasm: the host has answered with memory of its own")
}

// textOf is bytes as the host is told them; they may not change while it reads.
func textOf(bytes []byte) string {
	return unsafe.String(unsafe.SliceData(bytes), len(bytes))
}
