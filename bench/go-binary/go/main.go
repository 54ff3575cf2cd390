// Gobinary opens a Go program with the standard library, as the benchmark's peer.
//
//	gobinary open PROGRAM COUNT   prints the milliseconds that each time took, as JSON
//	gobinary hold PROGRAM COUNT   opens it so many times, looks functions up, and prints what memory it has, as JSON
package main

import (
	"debug/buildinfo"
	"debug/elf"
	"debug/gosym"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

const lookupCount = 500

type program struct {
	info  *debug.BuildInfo
	table *gosym.Table
}

func main() {
	count, err := strconv.Atoi(os.Args[3])
	if err == nil {
		if os.Args[1] == "hold" {
			err = hold(os.Args[2], count)
		} else {
			err = measure(os.Args[2], count)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func open(path string) (*program, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return nil, err
	}
	section := file.Section(".gopclntab")
	if section == nil {
		section = file.Section(".data.rel.ro.gopclntab")
	}
	data, err := section.Data()
	if err != nil {
		return nil, err
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, file.Section(".text").Addr))
	return &program{info, table}, err
}

func measure(path string, count int) error {
	times := []float64{}
	for range count {
		start := time.Now()
		p, err := open(path)
		if err != nil {
			return err
		}
		if len(p.table.Funcs) == 0 {
			return fmt.Errorf("%s: no functions", path)
		}
		times = append(times, float64(time.Since(start).Nanoseconds())/1e6)
	}
	return json.NewEncoder(os.Stdout).Encode(times)
}

func hold(path string, count int) error {
	held := []*program{}
	before := residentBytes()
	for range count {
		p, err := open(path)
		if err != nil {
			return err
		}
		for i := range lookupCount {
			f := p.table.Funcs[i*len(p.table.Funcs)/lookupCount]
			p.table.PCToLine(f.Entry)
		}
		held = append(held, p)
	}
	debug.FreeOSMemory()
	after := residentBytes()
	runtime.KeepAlive(held)
	return json.NewEncoder(os.Stdout).Encode(map[string]int{"held": len(held), "bytes": after - before})
}

func residentBytes() int {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, _ := strconv.Atoi(strings.Fields(rest)[0])
	return kib << 10
}
