// Hotloop spends its processor time in one function, and says how much it was.
//
//	hotloop MILLISECONDS [PROGRAM ARGUMENT...]   computes for so long, tells nanoseconds, executes PROGRAM
package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
)

func main() {
	milliseconds := 0
	if len(os.Args) > 1 {
		milliseconds, _ = strconv.Atoi(os.Args[1])
	}
	if milliseconds <= 0 {
		fmt.Fprintln(os.Stderr, "usage: hotloop MILLISECONDS [PROGRAM ARGUMENT...]")
		os.Exit(2)
	}
	for processorNs() < int64(milliseconds)*1e6 {
		work(20)
	}
	fmt.Println(processorNs() + int64(extra(0)))
	if len(os.Args) > 2 {
		fmt.Fprintln(os.Stderr, syscall.Exec(os.Args[2], os.Args[2:], os.Environ()))
		os.Exit(1)
	}
}

// processorNs is what the process took so far.
func processorNs() int64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// work calls hot so many calls deep.
//
//go:noinline
func work(depth int) {
	if depth > 0 {
		work(depth - 1)
		return
	}
	hot(4_000_000)
}

var sum uint64

//go:noinline
func hot(rounds int) {
	x := sum
	for i := 0; i < rounds; i++ {
		x = step(x + uint64(i))
	}
	sum = x
}

// step is inlined.
func step(x uint64) uint64 {
	x ^= x << 13
	x ^= x >> 7
	return x ^ x<<17
}
