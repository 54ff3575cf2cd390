package main

import (
	"encoding/binary"
	"errors"
	"time"

	"example.com/quadrant/guest/proxywasm"
)

// bucket is a token bucket. All that is kept of one is when it will be full again.
type bucket struct {
	// interval is how long a token takes to come.
	interval time.Duration
	// burst is how many tokens are in a full one.
	burst time.Duration
}

var errEmpty = errors.New("no token")

// take takes a token, and says how long there will be none: 0 where there was one.
func (b bucket) take(key string, now time.Time) (wait time.Duration, err error) {
	err = proxywasm.UpdateSharedData(key, func(value []byte) ([]byte, error) {
		full := now.UnixNano()
		if len(value) == 8 {
			full = max(full, int64(binary.LittleEndian.Uint64(value)))
		}
		full += int64(b.interval)
		if wait = time.Duration(full-now.UnixNano()) - b.burst*b.interval; wait > 0 {
			return nil, errEmpty
		}
		wait = 0
		return binary.LittleEndian.AppendUint64(nil, uint64(full)), nil
	})
	if err == errEmpty {
		return wait, nil
	}
	return wait, err
}
