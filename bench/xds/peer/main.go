// Command peer is what bench/xds measures with and against: clients of grpc-go that load a control plane, and
// go-control-plane with one of its caches. Each line on its standard input is a command, each line of JSON its answer;
// the first tells that it is ready. It ends with its input.
//
//	peer serve linear|snapshot
//	peer clients ADDRESS delta|whole STREAMS RESOURCES
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const typeURL = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: peer serve CACHE | peer clients ADDRESS VARIANT STREAMS RESOURCES"))
	}
	if os.Args[1] == "serve" {
		serve(os.Args[2])
		return
	}
	clients(os.Args[2], os.Args[3] == "delta", number(os.Args[4]), number(os.Args[5]))
}

// commands calls answer for each line of standard input.
func commands(answer func(words []string) any) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		say(answer(strings.Fields(lines.Text())))
	}
}

func say(value any) {
	line, err := json.Marshal(value)
	if err != nil {
		fail(err)
	}
	fmt.Println(string(line))
}

// now is the clock that process.hrtime of Node reads.
func now() int64 {
	var time unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &time); err != nil {
		fail(err)
	}
	return time.Nano()
}

func number(word string) int {
	value, err := strconv.Atoi(word)
	if err != nil {
		fail(err)
	}
	return value
}

func name(index int) string {
	return fmt.Sprintf("EDS-%d", index)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
