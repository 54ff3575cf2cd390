// A service that allocates and keeps so many MiB as its one argument tells. Each line on its standard input is answered by a line of JSON:
//
//	idle MS RATE        allocates RATE MiB a second for so long, and sleeps between
//	poll MS RATE        the same, and reads its own memory statistics each millisecond, as an exporter in it would
//	work MS             handles requests for so long, on all processors
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type answer struct {
	Cycles     uint32 `json:"cycles"`
	Operations int64  `json:"operations"`
	// CPU time of the process, of the thread that polls, and how much time has passed.
	CPUNs     int64 `json:"cpuNs"`
	PollCPUNs int64 `json:"pollCpuNs"`
	WallNs    int64 `json:"wallNs"`
	// How long ago a collection had ended when it was seen.
	DelaysNs []int64 `json:"delaysNs"`
}

// What a service keeps: how often its heap is collected depends on it.
var live [][]byte

const liveBytes = 512

func main() {
	live = make([][]byte, number(os.Args, 1)<<20/liveBytes)
	for i := range live {
		live[i] = make([]byte, liveBytes)
	}
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	fmt.Println("{}")
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		duration := number(words, 1) * int64(time.Millisecond)
		_ = out.Encode(slice(words[0], time.Duration(duration), number(words, 2)))
	}
}

func number(words []string, at int) int64 {
	if at >= len(words) {
		return 0
	}
	n, _ := strconv.ParseInt(words[at], 10, 64)
	return n
}

func slice(mode string, duration time.Duration, rate int64) answer {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, cpu := time.Now(), cpuNs(syscall.RUSAGE_SELF)
	result := answer{DelaysNs: []int64{}}
	var stop atomic.Bool
	var polling sync.WaitGroup
	if mode == "poll" {
		polling.Add(1)
		go func() {
			defer polling.Done()
			result.DelaysNs, result.PollCPUNs = poll(&stop)
		}()
	}
	if mode == "work" {
		result.Operations = work(start.Add(duration))
	} else {
		pace(start.Add(duration), rate)
	}
	stop.Store(true)
	polling.Wait()
	result.CPUNs = cpuNs(syscall.RUSAGE_SELF) - cpu
	result.WallNs = time.Since(start).Nanoseconds()
	runtime.ReadMemStats(&after)
	result.Cycles = after.NumGC - before.NumGC
	return result
}

func cpuNs(who int) int64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(who, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// poll looks each millisecond, on a thread of its own so that its CPU time is known.
func poll(stop *atomic.Bool) ([]int64, int64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const thread = 1
	cpu := cpuNs(thread)
	delays := make([]int64, 0, 1<<16)
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	seen := stats.NumGC
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !stop.Load() && len(delays) < cap(delays) {
		<-tick.C
		runtime.ReadMemStats(&stats)
		if stats.NumGC != seen {
			seen = stats.NumGC
			delays = append(delays, time.Now().UnixNano()-int64(stats.LastGC))
		}
	}
	return delays, cpuNs(thread) - cpu
}

var kept [256][]byte

// pace allocates in small pieces, some of them kept for a while.
func pace(end time.Time, rate int64) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n := 0; time.Now().Before(end); {
		<-tick.C
		for done := int64(0); done < rate<<20/1000; n++ {
			kept[n%len(kept)] = make([]byte, 1024+n%4096)
			done += int64(len(kept[n%len(kept)]))
		}
	}
}

type item struct {
	ID    int               `json:"id"`
	Name  string            `json:"name"`
	Price float64           `json:"price"`
	Tags  []string          `json:"tags"`
	Extra map[string]string `json:"extra"`
}

// work handles requests: each decodes a document, changes it, and encodes it again.
func work(end time.Time) int64 {
	document, _ := json.Marshal(items(20))
	var operations atomic.Int64
	var all sync.WaitGroup
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for n := i; time.Now().Before(end); n++ {
				var list []item
				_ = json.Unmarshal(document, &list)
				for j := range list {
					list[j].Price *= 1.1
				}
				text, _ := json.Marshal(list)
				copy(live[n%len(live)], text)
				operations.Add(1)
			}
		}()
	}
	all.Wait()
	return operations.Load()
}

func items(count int) []item {
	list := make([]item, count)
	for i := range list {
		list[i] = item{
			ID:    i,
			Name:  fmt.Sprintf("item %d", i),
			Price: float64(i),
			Tags:  []string{"new", "sale", "small"},
			Extra: map[string]string{"colour": "blue", "size": strconv.Itoa(i)},
		}
	}
	return list
}
