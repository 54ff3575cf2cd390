package proxywasm

import (
	"encoding/binary"
	"strings"
)

// Property is what the host knows of the context, by a path such as "source", "address": Envoy's attributes. NotFound
// where it does not.
func Property(path ...string) ([]byte, error) {
	own()
	return property(path)
}

// PropertyString is Property of one that is text.
func PropertyString(path ...string) (string, error) {
	borrow()
	bytes, err := property(path)
	return string(bytes), err
}

// PropertyInt64 is Property of one that is a number: a port, a size, nanoseconds. ResultMismatch where it is none.
func PropertyInt64(path ...string) (int64, error) {
	borrow()
	bytes, err := property(path)
	if err != nil {
		return 0, err
	}
	if len(bytes) != 8 {
		return 0, ResultMismatch
	}
	return int64(binary.LittleEndian.Uint64(bytes)), nil
}

// PropertyBool is Property of one that is true or false. ResultMismatch where it is neither.
func PropertyBool(path ...string) (bool, error) {
	borrow()
	bytes, err := property(path)
	if err != nil {
		return false, err
	}
	if len(bytes) != 1 {
		return false, ResultMismatch
	}
	return bytes[0] != 0, nil
}

// PropertyFields is Property of one that has fields, such as metadata.
func PropertyFields(path ...string) ([]Field, error) {
	bytes, err := Property(path...)
	if err != nil {
		return nil, err
	}
	return parseFields(bytes)
}

// SetProperty sets what other filters of the exchange or connection can read under that path. Envoy keeps what has a path
// of one name.
func SetProperty(path []string, value []byte) error {
	return errorOf(hostSetProperty(encodePath(path), textOf(value)))
}

func property(path []string) ([]byte, error) {
	if status := hostGetProperty(encodePath(path), &answer.data, &answer.size); status != 0 {
		return nil, Status(status)
	}
	return answered(), nil
}

// encodePath is the path as the ABI has it.
func encodePath(path []string) string {
	return strings.Join(path, "\x00")
}
