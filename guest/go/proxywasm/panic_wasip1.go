package proxywasm

import (
	"runtime"
	"strconv"
)

// stackBytesMax is of the trace that is logged with a panic.
const stackBytesMax = 8 << 10

// trapOnPanic ends the program where a callback panics. What the runtime would print comes in pieces, each a line of
// its own in the host's log.
func trapOnPanic() {
	reason := recover()
	if reason == nil {
		return
	}
	stack := make([]byte, stackBytesMax)
	stack = stack[:runtime.Stack(stack, false)]
	Critical.Log("panic: " + reasonText(reason) + "\n\n" + string(stack))
	trap()
}

func reasonText(reason any) string {
	switch reason := reason.(type) {
	case error:
		return reason.Error()
	case string:
		return reason
	case interface{ String() string }:
		return reason.String()
	case int:
		return strconv.Itoa(reason)
	}
	return "a value that is neither an error nor a text"
}

// trap executes an instruction that no host goes on behind.
func trap()
