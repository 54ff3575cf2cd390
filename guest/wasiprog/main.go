// Command wasiprog is what the tests of the WASI host run: it does what its first argument says, and prints what it
// saw, so that the same program under another host can be compared.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

func main() {
	task := "stdio"
	if len(os.Args) > 1 {
		task = os.Args[1]
	}
	tasks := map[string]func([]string) error{
		"stdio":  stdio,
		"files":  files,
		"sleep":  sleep,
		"spin":   spin,
		"serve":  serve,
		"busy":   busy,
		"alloc":  alloc,
		"trap":   trap,
		"closed": closed,
		"hoard":  hoard,
		"deep":   deep,
		"panic":  func([]string) error { panic("as asked") },
	}
	run, ok := tasks[task]
	if !ok {
		fmt.Fprintln(os.Stderr, "no task", task)
		os.Exit(64)
	}
	if err := run(os.Args[min(2, len(os.Args)):]); err != nil {
		fmt.Fprintln(os.Stderr, "wasiprog:", err)
		os.Exit(3)
	}
}

// stdio tells arguments and environment, and repeats stdin in capitals, line by line.
func stdio(args []string) error {
	fmt.Println("args", strings.Join(args, "|"))
	env := os.Environ()
	sort.Strings(env)
	fmt.Println("env", strings.Join(env, "|"))
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Println(strings.ToUpper(lines.Text()))
	}
	fmt.Fprintln(os.Stderr, "done")
	return lines.Err()
}

// sleep has goroutines that end in the order of their sleeps, and measures one of them.
func sleep([]string) error {
	start := time.Now()
	var group sync.WaitGroup
	order := make(chan int, 4)
	for _, ms := range []int{60, 20, 40, 0} {
		group.Go(func() {
			time.Sleep(time.Duration(ms) * time.Millisecond)
			order <- ms
		})
	}
	group.Wait()
	close(order)
	for ms := range order {
		fmt.Println("woke", ms)
	}
	if since := time.Since(start); since < 60*time.Millisecond {
		return fmt.Errorf("slept %v only", since)
	}
	select {
	case <-time.After(5 * time.Millisecond):
		fmt.Println("timer")
	case <-make(chan int):
	}
	return nil
}

// spin never waits, and calls the host all the time.
func spin([]string) error {
	for {
		time.Now()
		runtime.Gosched()
	}
}

// busy computes, and calls nothing at all.
func busy([]string) error {
	fmt.Println("busy")
	for at := uint64(1); ; at += 2 {
		if at == 0 {
			return nil
		}
	}
}

// alloc takes memory until there is no more.
func alloc([]string) error {
	var held [][]byte
	for {
		piece := make([]byte, 1<<20)
		for at := 0; at < len(piece); at += 4096 {
			piece[at] = 1
		}
		held = append(held, piece)
		if len(held) == 1<<20 {
			_, err := io.WriteString(os.Stdout, "endless\n")
			return err
		}
	}
}
