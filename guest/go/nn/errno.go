package nn

import "fmt"

// Errno is an error of wasi-nn (nn_errno).
type Errno uint16

const (
	// InvalidArgument: an index, a shape, a type, or the length of the data does not fit the model.
	InvalidArgument Errno = iota + 1
	// InvalidEncoding: the bytes are no model that the host reads.
	InvalidEncoding
	MissingMemory
	// Busy: too many graphs, contexts or computations.
	Busy
	// RuntimeError: the model failed, or an input is not set.
	RuntimeError
	// UnsupportedOperation: the host does not do that.
	UnsupportedOperation
	// TooLarge: over a limit of the host, or more than fits into the buffer.
	TooLarge
	// NotFound: no model has that name.
	NotFound
)

var errnoTexts = [...]string{
	InvalidArgument:      "invalid argument",
	InvalidEncoding:      "invalid encoding",
	MissingMemory:        "missing memory",
	Busy:                 "busy",
	RuntimeError:         "runtime error",
	UnsupportedOperation: "unsupported operation",
	TooLarge:             "too large",
	NotFound:             "not found",
}

func (e Errno) Error() string {
	if int(e) < len(errnoTexts) && errnoTexts[e] != "" {
		return "nn: " + errnoTexts[e]
	}
	return fmt.Sprintf("nn: error %d", uint16(e))
}

func errorOf(code uint32) error {
	if code == 0 {
		return nil
	}
	return Errno(code)
}
