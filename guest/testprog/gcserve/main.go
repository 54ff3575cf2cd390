// Gcserve is an HTTP service whose garbage collector gets in the way when it is asked to.
//
//	gcserve ADDRESS [MIB]   serves until its standard input ends; keeps so many MiB of pointers, 64 unless told
//
// It prints the address that it listens at. `/` answers at once; `/collect` collects garbage before it answers, and says
// when it began and ended, in nanoseconds of the Unix epoch; `/spin?ms=N` computes for so long.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"time"
)

type node struct {
	next *node
	room [6]uint64
}

// retained is what each collection has to look through.
var retained *node

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: gcserve ADDRESS [MIB]")
		os.Exit(2)
	}
	mib := 64
	if len(os.Args) > 2 {
		mib, _ = strconv.Atoi(os.Args[2])
	}
	for i := 0; i < mib<<20/56; i++ {
		retained = &node{next: retained}
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	http.HandleFunc("/collect", func(w http.ResponseWriter, _ *http.Request) {
		start := time.Now()
		runtime.GC()
		fmt.Fprintf(w, "{\"startNs\":%d,\"endNs\":%d}\n", start.UnixNano(), time.Now().UnixNano())
	})
	http.HandleFunc("/spin", func(w http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.Atoi(r.URL.Query().Get("ms"))
		fmt.Fprintln(w, hotLoop(time.Now().Add(time.Duration(ms)*time.Millisecond)))
	})
	fmt.Println(listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Fprintln(os.Stderr, http.Serve(listener, nil))
	os.Exit(1)
}

// hotLoop is where the time goes.
//
//go:noinline
func hotLoop(until time.Time) uint64 {
	sum := uint64(1)
	for {
		for i := uint64(0); i < 1<<20; i++ {
			sum = sum*6364136223846793005 + i
		}
		if time.Now().After(until) {
			return sum
		}
	}
}
