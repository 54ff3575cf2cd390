package proxywasm

import "strconv"

// Status is why the host did not do what was asked for (proxy_status_t).
type Status uint32

const (
	// NotFound: there is no such header, property, key, queue, cluster or function.
	NotFound Status = 1
	// BadArgument: also what cannot be asked for in this callback.
	BadArgument Status = 2
	// SerializationFailure: the host could not encode what was asked for.
	SerializationFailure Status = 3
	// ParseFailure: the host could not read what it was given.
	ParseFailure Status = 4
	// BadExpression: an expression of a foreign function is none.
	BadExpression Status = 5
	// InvalidMemoryAccess: bytes lie outside of the program's memory.
	InvalidMemoryAccess Status = 6
	// Empty: nothing is in the queue.
	Empty Status = 7
	// CASMismatch: somebody else has changed the value meanwhile.
	CASMismatch Status = 8
	// ResultMismatch: the host answered something else than what was asked for.
	ResultMismatch Status = 9
	// InternalFailure: the host failed, or refuses.
	InternalFailure Status = 10
	// BrokenConnection: the other side is gone.
	BrokenConnection Status = 11
	// Unimplemented: the host does not do that.
	Unimplemented Status = 12
)

var statusTexts = [...]string{
	NotFound:             "not found",
	BadArgument:          "bad argument",
	SerializationFailure: "serialization failure",
	ParseFailure:         "parse failure",
	BadExpression:        "bad expression",
	InvalidMemoryAccess:  "invalid memory access",
	Empty:                "empty",
	CASMismatch:          "compare and swap mismatch",
	ResultMismatch:       "result mismatch",
	InternalFailure:      "internal failure",
	BrokenConnection:     "broken connection",
	Unimplemented:        "unimplemented",
}

func (s Status) Error() string {
	if int(s) < len(statusTexts) && statusTexts[s] != "" {
		return "proxywasm: " + statusTexts[s]
	}
	return "proxywasm: status " + strconv.FormatUint(uint64(s), 10)
}

func errorOf(status uint32) error {
	if status == 0 {
		return nil
	}
	return Status(status)
}
