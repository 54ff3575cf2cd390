// The peer in Go: cilium/ebpf's ringbuf.Reader with ReadInto over the ring it inherits as descriptor 3, each record
// decoded and added to its group. Commands and answers are those of ../consumer.ts.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"
)

const (
	ringFD      = 3
	recordBytes = 48
	groupsMax   = 4096
	slotBits    = 13
	multiplier  = 0x9e3779b97f4a7c15
)

type key struct{ low, high uint64 }

type group struct {
	count                     uint64
	key                       key
	firstNs, lastNs           uint64
	byteSum                   uint64
	durationSum, durationMax  uint64
	segmentSum, retransmitSum uint64
	sourcePortMax             uint64
}

// A table finds groups by open addressing, as the other consumers do, or by Go's own map.
type table struct {
	slots      [1 << slotBits]uint32
	byKey      map[key]*group       // nil: open addressing
	groups     [groupsMax + 1]group // group 0 is for the records of further keys
	groupCount uint32
	eventCount uint64
}

func (t *table) find(k key) *group {
	if t.byKey != nil {
		g, ok := t.byKey[k]
		if !ok {
			if g = t.insert(k); g != &t.groups[0] {
				t.byKey[k] = g
			}
		}
		return g
	}
	hash := k.low * multiplier
	hash ^= hash >> 32
	hash = (hash ^ k.high) * multiplier
	for slot := hash >> (64 - slotBits); ; slot = (slot + 1) & (1<<slotBits - 1) {
		index := t.slots[slot&(1<<slotBits-1)]
		if index == 0 {
			g := t.insert(k)
			if g != &t.groups[0] {
				t.slots[slot&(1<<slotBits-1)] = t.groupCount
			}
			return g
		}
		if g := &t.groups[index]; g.key == k {
			return g
		}
	}
}

func (t *table) insert(k key) *group {
	if t.groupCount == groupsMax {
		return &t.groups[0]
	}
	t.groupCount++
	g := &t.groups[t.groupCount]
	*g = group{key: k, firstNs: ^uint64(0)}
	return g
}

func (t *table) add(sample []byte) {
	if len(sample) < recordBytes {
		return
	}
	b := sample[:recordBytes]
	if kind := binary.LittleEndian.Uint32(b[44:]); kind != 1 && kind != 2 {
		return
	}
	at := binary.LittleEndian.Uint64(b[0:])
	duration := uint64(binary.LittleEndian.Uint32(b[28:]))
	sourcePort := uint64(binary.LittleEndian.Uint16(b[40:]))
	g := t.find(key{
		low:  binary.LittleEndian.Uint64(b[16:]),
		high: uint64(binary.LittleEndian.Uint32(b[24:])) | uint64(binary.LittleEndian.Uint16(b[42:]))<<32,
	})
	t.eventCount++
	g.count++
	if at < g.firstNs {
		g.firstNs = at
	}
	if at > g.lastNs {
		g.lastNs = at
	}
	g.byteSum += binary.LittleEndian.Uint64(b[8:])
	g.durationSum += duration
	if duration > g.durationMax {
		g.durationMax = duration
	}
	g.segmentSum += uint64(binary.LittleEndian.Uint32(b[32:]))
	g.retransmitSum += uint64(binary.LittleEndian.Uint32(b[36:]))
	if sourcePort > g.sourcePortMax {
		g.sourcePortMax = sourcePort
	}
}

type answer struct {
	CPUNs  uint64   `json:"cpuNs"`
	Events uint64   `json:"events"`
	Groups uint32   `json:"groups"`
	Sums   []uint64 `json:"sums"`
}

func (t *table) take(cpuNs uint64) answer {
	a := answer{CPUNs: cpuNs, Events: t.eventCount, Groups: t.groupCount, Sums: make([]uint64, 8)}
	for i := range t.groups[:t.groupCount+1] {
		g := &t.groups[i]
		if g.count == 0 {
			continue
		}
		for j, n := range []uint64{g.firstNs, g.lastNs, g.byteSum, g.durationSum, g.durationMax, g.segmentSum, g.retransmitSum, g.sourcePortMax} {
			a.Sums[j] += n
		}
	}
	clear(t.slots[:])
	clear(t.byKey)
	t.groups[0] = group{}
	t.groupCount, t.eventCount = 0, 0
	return a
}

func threadCPU() uint64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return uint64(t.Nano())
}

func run() error {
	runtime.LockOSThread()
	ring, err := ebpf.NewMapFromFD(ringFD)
	if err != nil {
		return err
	}
	reader, err := ringbuf.NewReader(ring)
	if err != nil {
		return err
	}
	defer reader.Close()
	t := new(table)
	if len(os.Args) > 1 && os.Args[1] == "map" {
		t.byKey = make(map[key]*group)
	}
	var record ringbuf.Record
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var count uint64
		var seconds float64
		start := threadCPU()
		if n, _ := fmt.Sscanf(lines.Text(), "drain %d", &count); n == 1 {
			reader.SetDeadline(time.Unix(1, 0))
			for t.eventCount < count {
				err := reader.ReadInto(&record)
				if err == nil {
					t.add(record.RawSample)
				} else if !errors.Is(err, os.ErrDeadlineExceeded) {
					return err
				}
			}
		} else if n, _ := fmt.Sscanf(lines.Text(), "poll %g", &seconds); n == 1 {
			end := time.Now().Add(time.Duration(seconds * 1e9))
			for time.Now().Before(end) {
				reader.SetDeadline(time.Now().Add(20 * time.Millisecond))
				for {
					err := reader.ReadInto(&record)
					if errors.Is(err, os.ErrDeadlineExceeded) {
						break
					}
					if err != nil {
						return err
					}
					t.add(record.RawSample)
				}
			}
		}
		if err := out.Encode(t.take(threadCPU() - start)); err != nil {
			return err
		}
	}
	return lines.Err()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "consumer:", err)
		os.Exit(1)
	}
}
