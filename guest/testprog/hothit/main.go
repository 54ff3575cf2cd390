//go:build hothit

// Hothit calls one of the runtime's functions, which is probed to see collections, as often as it can, on a struct of its
// own: so a probe is hit millions of times a second. Every tenth of a second it prints its age in milliseconds and how
// often it has called by then.
//
//	hothit MILLISECONDS
//
// It is built with -tags hothit -ldflags=-checklinkname=0.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
	_ "unsafe"
)

// More than the struct has.
type state [1024]uint64

//go:linkname startCycle runtime.(*gcControllerState).startCycle
func startCycle(state *state, markStartTime int64, procs int, trigger [4]uint64)

func main() {
	duration, _ := strconv.Atoi(os.Args[1])
	var calls atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		go func() {
			var own state
			for {
				for range 1000 {
					startCycle(&own, 0, 1, [4]uint64{})
				}
				calls.Add(1000)
			}
		}()
	}
	start := time.Now()
	for range time.Tick(100 * time.Millisecond) {
		age := time.Since(start).Milliseconds()
		fmt.Println(age, calls.Load())
		if age > int64(duration) {
			return
		}
	}
}
