// Hotcall calls functions of known shape, as often as it is told, so that probes on them can be counted and timed.
//
//	hotcall
//
// Each line on standard input is an order; the answer is one line on standard output:
//
//	framed N THREADS   calls a function with a frame N times on each of THREADS threads: "ns per call" of the slowest
//	leaf N THREADS     the same for a function without a frame
//	pace N MICROS      calls the function with a frame N times with so long a rest between: "ok"
//	spin MS DEPTH      keeps a processor busy that long, DEPTH calls deep: "ok"
//
// The program ends when its standard input does.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

var sink [64]uint64

// framed has a frame, so its prologue checks the stack and saves the frame pointer.
//
//go:noinline
func framed(n uint64) uint64 {
	var local [16]uint64
	local[n&15] = n
	return leaf(n) + local[(n+1)&15]
}

// leaf needs no frame at all.
//
//go:noinline
func leaf(n uint64) uint64 { return n*3 + 1 }

// deep calls itself until it is at the bottom, where it stays busy.
//
//go:noinline
func deep(depth int, until time.Time) uint64 {
	if depth > 1 {
		return deep(depth-1, until) + 1
	}
	sum := uint64(0)
	for time.Now().Before(until) {
		for i := uint64(0); i < 20000; i++ {
			sum += i * i
		}
	}
	return sum
}

func nsPerCall(call func(uint64) uint64, count uint64, threads int) float64 {
	var wait sync.WaitGroup
	elapsed := make([]time.Duration, threads)
	for thread := range threads {
		wait.Add(1)
		go func() {
			defer wait.Done()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			begin := time.Now()
			sum := uint64(0)
			for n := range count {
				sum += call(n)
			}
			elapsed[thread] = time.Since(begin)
			sink[thread&63] = sum
		}()
	}
	wait.Wait()
	slowest := time.Duration(0)
	for _, each := range elapsed {
		slowest = max(slowest, each)
	}
	return float64(slowest.Nanoseconds()) / float64(max(count, 1))
}

func main() {
	calls := map[string]func(uint64) uint64{"framed": framed, "leaf": leaf}
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		var name string
		var first, second int
		if _, err := fmt.Sscan(orders.Text(), &name, &first, &second); err != nil {
			fmt.Println("error", err)
			continue
		}
		switch call, known := calls[name]; {
		case known:
			fmt.Printf("%.1f\n", nsPerCall(call, uint64(first), second))
		case name == "pace":
			for n := range first {
				time.Sleep(time.Duration(second) * time.Microsecond)
				sink[0] += framed(uint64(n))
			}
			fmt.Println("ok")
		case name == "spin":
			deep(second, time.Now().Add(time.Duration(first)*time.Millisecond))
			fmt.Println("ok")
		default:
			fmt.Println("error: unknown order")
		}
	}
}
