package main

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"
)

// answer does what each line of the standard input says, then prints its figures as a line of JSON, without allocating
// after it has read them: until the next line, they hold.
//
//	tell      nothing more
//	free      collects, and gives all free memory back
//	keep N    keeps N MiB from now on, in place of what it kept
//	spawn N   starts so many goroutines, and waits until they are over
//	park N    starts so many that wait for ever
//	spin N    starts so many that compute for ever
//	procs N   sets GOMAXPROCS
func answer() {
	never := make(chan struct{})
	var line [64]byte
	for {
		n, err := os.Stdin.Read(line[:])
		if err != nil {
			return
		}
		words := bytes.Fields(line[:n])
		count := 0
		if len(words) > 1 {
			count, _ = strconv.Atoi(string(words[1]))
		}
		switch string(words[0]) {
		case "free":
			debug.FreeOSMemory()
		case "keep":
			retained = make([]byte, count<<20)
		case "spawn":
			var all sync.WaitGroup
			all.Add(count)
			for i := 0; i < count; i++ {
				go all.Done()
			}
			all.Wait()
		case "park":
			for i := 0; i < count; i++ {
				go func() { <-never }()
			}
		case "spin":
			for i := 0; i < count; i++ {
				go func() {
					for {
						atomic.AddUint64(&spins, 1)
					}
				}()
			}
		case "procs":
			runtime.GOMAXPROCS(count)
		}
		answerFigures()
	}
}

var (
	retained []byte
	spins    uint64
	stats    runtime.MemStats
	text     [2048]byte
	// What a Go version does not have, it says so of; the names are those of runtime/metrics.
	samples = []metrics.Sample{
		{Name: "/gc/gogc:percent"},
		{Name: "/gc/gomemlimit:bytes"},
		{Name: "/gc/heap/goal:bytes"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/sched/goroutines-created:goroutines"},
		{Name: "/sched/goroutines/runnable:goroutines"},
		{Name: "/sched/threads/total:threads"},
	}
)

func answerFigures() {
	metrics.Read(samples)
	threads := pprof.Lookup("threadcreate").Count()
	runtime.ReadMemStats(&stats)
	out := append(text[:0], '{')
	add := func(name string, value uint64) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = strconv.AppendQuote(out, name)
		out = append(out, ':')
		out = strconv.AppendUint(out, value, 10)
	}
	add("main", uint64(mainEntry()))
	add("Goroutines", uint64(runtime.NumGoroutine()))
	add("MaxProcs", uint64(runtime.GOMAXPROCS(0)))
	add("Threads", uint64(threads))
	add("NumGC", uint64(stats.NumGC))
	add("NumForcedGC", uint64(stats.NumForcedGC))
	add("PauseTotalNs", stats.PauseTotalNs)
	add("NextGC", stats.NextGC)
	add("LastGC", stats.LastGC)
	add("HeapInuse", stats.HeapInuse)
	add("HeapReleased", stats.HeapReleased)
	add("StackInuse", stats.StackInuse)
	add("TotalAlloc", stats.TotalAlloc)
	add("HeapAlloc", stats.HeapAlloc)
	for _, sample := range samples {
		if sample.Value.Kind() == metrics.KindUint64 {
			add(sample.Name, sample.Value.Uint64())
		}
	}
	out = append(out, "}\n"...)
	_, _ = os.Stdout.Write(out)
}
