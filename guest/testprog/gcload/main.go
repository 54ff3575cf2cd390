// Gcload is a program whose runtime is looked at from outside: it says itself what is to be seen.
//
//	gcload load SECONDS   allocates and computes, forcing a collection now and then; ends with a report
//	gcload churn MILLISECONDS [exec]
//	                      waits for a line, then allocates on all processors; executes itself anew once, if told so;
//	                      ends with a report when all that it collected is traced
//	gcload hold           settles, reports, and waits until its standard input ends
//	gcload answer         answers each line of its standard input with its figures (see answer.go)
//	gcload symbolize N    prints the calls at every Nth address of its code, as its own runtime tells them
//
// It compiles with every Go from 1.16 on, with and without cgo.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"
)

// report is what the program knows of itself.
type report struct {
	// Address of main.main: what it was moved by, against the file, is known from it.
	Main         uint64 `json:"main"`
	GoVersion    string `json:"goVersion"`
	Goroutines   int    `json:"goroutines"`
	MaxProcs     int    `json:"maxProcs"`
	NumGC        uint32 `json:"numGC"`
	NumForcedGC  uint32 `json:"numForcedGC"`
	PauseTotalNs uint64 `json:"pauseTotalNs"`
	NextGC       uint64 `json:"nextGC"`
	LastGC       uint64 `json:"lastGC"`
	// Both pauses together of the last collections, at most 256, oldest first.
	PausesNs []uint64 `json:"pausesNs"`
	// Of C code, where there is any.
	Other int `json:"other"`
}

func main() {
	argument := 0
	if len(os.Args) > 2 {
		argument, _ = strconv.Atoi(os.Args[2])
	}
	switch {
	case len(os.Args) > 2 && os.Args[1] == "load":
		load(time.Duration(argument) * time.Second)
	case len(os.Args) > 2 && os.Args[1] == "churn":
		churn(time.Duration(argument)*time.Millisecond, len(os.Args) > 3)
	case len(os.Args) > 1 && os.Args[1] == "hold":
		hold()
	case len(os.Args) > 1 && os.Args[1] == "answer":
		answer()
	case len(os.Args) > 2 && os.Args[1] == "symbolize" && argument > 0:
		symbolize(argument)
	default:
		fmt.Fprintln(os.Stderr, "usage: gcload load SECONDS | churn MILLISECONDS [exec] | hold | answer | symbolize N")
		os.Exit(2)
	}
}

func load(duration time.Duration) {
	start := time.Now()
	for round := 1; time.Since(start) < duration; round++ {
		allocate(1 << 20)
		burn(1 << 16)
		if round%500 == 0 {
			runtime.GC()
		}
	}
	tell()
}

func churn(duration time.Duration, again bool) {
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	live := make([][]byte, 1<<10)
	for i := range live {
		live[i] = make([]byte, 16<<10)
	}
	start := time.Now()
	count := runtime.GOMAXPROCS(0)
	done := make(chan struct{})
	for i := 0; i < count; i++ {
		go func() {
			var own [64][]byte
			for round := 0; time.Since(start) < duration; round++ {
				own[round%len(own)] = make([]byte, 512+round%8192)
			}
			done <- struct{}{}
		}()
	}
	for i := 0; i < count; i++ {
		<-done
	}
	runtime.KeepAlive(live)
	debug.SetGCPercent(-1)
	runtime.GC()
	if again {
		// The world is stopped only when a collection has been traced: here it is.
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		err := syscall.Exec("/proc/self/exe", []string{os.Args[0], "churn", os.Args[2]}, os.Environ())
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	tell()
}

func hold() {
	runtime.GOMAXPROCS(3)
	never := make(chan struct{})
	for i := 0; i < 10; i++ {
		go func() { <-never }()
	}
	allocate(64 << 20)
	for i := 0; i < 5; i++ {
		runtime.GC()
	}
	time.Sleep(100 * time.Millisecond)
	tell()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func tell() {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	_ = json.NewEncoder(os.Stdout).Encode(report{
		Main:         uint64(mainEntry()),
		GoVersion:    runtime.Version(),
		Goroutines:   runtime.NumGoroutine(),
		MaxProcs:     runtime.GOMAXPROCS(0),
		NumGC:        stats.NumGC,
		NumForcedGC:  stats.NumForcedGC,
		PauseTotalNs: stats.PauseTotalNs,
		NextGC:       stats.NextGC,
		LastGC:       stats.LastGC,
		PausesNs:     pauses(&stats),
		Other:        other(1),
	})
}

func pauses(stats *runtime.MemStats) []uint64 {
	size := uint32(len(stats.PauseNs))
	count := stats.NumGC
	if count > size {
		count = size
	}
	last := make([]uint64, 0, count)
	for i := stats.NumGC - count; i < stats.NumGC; i++ {
		last = append(last, stats.PauseNs[i%size])
	}
	return last
}

func mainEntry() uintptr {
	return reflect.ValueOf(main).Pointer()
}

var kept [16][]byte

// allocate makes garbage of so many bytes, in pieces that are kept for a while.
func allocate(total int) {
	for done, i := 0, 0; done < total; i++ {
		piece := make([]byte, 1024+i%4096)
		kept[i%len(kept)] = piece
		done += len(piece)
	}
}

var sum uint64

// burn computes: it and what is inlined into it are where this program's time goes.
//
//go:noinline
func burn(rounds int) {
	x := sum
	for i := 0; i < rounds; i++ {
		x = outer(x, uint64(i))
	}
	sum = x
}

func outer(x, y uint64) uint64 {
	return middle(x, y) + 1
}

func middle(x, y uint64) uint64 {
	if y&1 == 0 {
		return inner(x)
	}
	return inner(y)
}

func inner(x uint64) uint64 {
	x ^= x << 13
	x ^= x >> 7
	return x ^ x<<17
}

// symbolize prints, for each address, a line `offset from main.main<TAB>function|file|line<TAB>…`, innermost first.
func symbolize(stride int) {
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	start := mainEntry()
	first, last := start, start
	for runtime.FuncForPC(first-1) != nil {
		first--
	}
	for runtime.FuncForPC(last+1) != nil {
		last++
	}
	for pc := first; pc < last; pc += uintptr(stride) {
		// Callers gives return addresses, so the runtime looks at the byte before, but for that of an entry; and it goes
		// on to the calls around an inlined one only where another address follows.
		if f := runtime.FuncForPC(pc + 1); f != nil && f.Entry() == pc+1 {
			continue
		}
		frames := runtime.CallersFrames([]uintptr{pc + 1, 1})
		fmt.Fprintf(out, "%d", int64(pc)-int64(start))
		for {
			frame, more := frames.Next()
			if frame.Function != "" {
				fmt.Fprintf(out, "\t%s|%s|%d", frame.Function, frame.File, frame.Line)
			}
			if !more {
				break
			}
		}
		fmt.Fprintln(out)
	}
}
