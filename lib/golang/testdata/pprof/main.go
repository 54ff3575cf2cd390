// Pprof says what Go makes of profiles.
//
//	pprof record FOLDER  works for a while and writes cpu.pb.gz and heap.pb.gz with runtime/pprof
//	pprof print          each line of standard input is a profile in base64; answers with what the reader of
//	                     `go tool pprof` makes of it, or with its refusal
//
// The package profile beside it is the toolchain's own: the tests copy it from there.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"syscall"
	"time"
	"unicode/utf8"

	"example.com/pprof/profile"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "record":
		err = record(os.Args[2])
	case len(os.Args) == 2 && os.Args[1] == "print":
		err = print()
	default:
		err = fmt.Errorf("usage: pprof record FOLDER | print")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var sink float64
var kept [][]byte

// hot takes so much processor time, however busy the machine is.
//
//go:noinline
func hot(long time.Duration) {
	for until := cpuTime() + long; cpuTime() < until; {
		for i := 0; i < 1000; i++ {
			sink += root(float64(i))
		}
	}
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// root is small enough to be put into its caller.
func root(x float64) float64 { return math.Sqrt(x) + math.Cbrt(x) }

func record(folder string) error {
	runtime.MemProfileRate = 1024
	cpu, err := os.Create(filepath.Join(folder, "cpu.pb.gz"))
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	labels := pprof.Labels("route", "/cart", "é", "ü")
	pprof.Do(context.Background(), labels, func(context.Context) {
		hot(400 * time.Millisecond)
	})
	for i := 0; i < 1000; i++ {
		kept = append(kept, make([]byte, 1<<12))
	}
	pprof.StopCPUProfile()
	if err := cpu.Close(); err != nil {
		return err
	}
	heap, err := os.Create(filepath.Join(folder, "heap.pb.gz"))
	if err != nil {
		return err
	}
	runtime.GC()
	if err := pprof.WriteHeapProfile(heap); err != nil {
		return err
	}
	return heap.Close()
}

type answer struct {
	Text       string `json:"text"`
	TimeNs     string `json:"timeNs"`
	DurationNs string `json:"durationNs"`
	// Of all its texts; JSON holds no other.
	Utf8  bool   `json:"utf8"`
	Error string `json:"error"`
}

func print() error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<28)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		bytes, err := base64.StdEncoding.DecodeString(lines.Text())
		if err != nil {
			return err
		}
		if err := out.Encode(read(bytes)); err != nil {
			return err
		}
	}
	return lines.Err()
}

func read(bytes []byte) answer {
	parse := profile.ParseUncompressed
	if len(bytes) > 1 && bytes[0] == 0x1f && bytes[1] == 0x8b {
		parse = profile.ParseData
	}
	p, err := parse(bytes)
	if err == nil {
		err = p.CheckValid()
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	text := p.String()
	return answer{
		Text:       text,
		TimeNs:     strconv.FormatInt(p.TimeNanos, 10),
		DurationNs: strconv.FormatInt(p.DurationNanos, 10),
		Utf8:       utf8.ValidString(text),
	}
}
