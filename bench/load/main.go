// Load is the traffic of the benchmarks: Go on both ends, in slices that are told on standard input.
//
//	load server                                  prints {"http":PORT,"echo":PORT,"udp":PORT}; runs until its input ends
//	load client --mode http|echo|short|udp --to HOST:PORT --connections N
//
//	load hold --count N [--trickle 1s]           keeps N connections to itself open
//
// The client opens its connections once and then runs one slice for each line "MILLISECONDS" that it reads; for each it
// prints {"operations":N,"seconds":S,"cpuSeconds":S}. An operation is a request, a ping-pong, a connection with one
// ping-pong in it, or two datagrams (out and back).
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Short connections leave TIME_WAIT sockets behind; over several addresses the ports last for a benchmark.
const echoAddresses = 4

const body = "sixty-one bytes of body, as in the measurements of the facts.\n"

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: load server|client|hold [flags]"))
	}
	switch os.Args[1] {
	case "server":
		fail(server())
	case "client":
		fail(client(os.Args[2:]))
	case "hold":
		fail(hold(os.Args[2:]))
	default:
		fail(fmt.Errorf("unknown command %q", os.Args[1]))
	}
}

func fail(err error) {
	if err == nil {
		os.Exit(0)
	}
	fmt.Fprintln(os.Stderr, "load:", err)
	os.Exit(1)
}

func server() error {
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	echoes := []net.Listener{echo}
	for i := 2; i <= echoAddresses; i++ {
		more, err := net.Listen("tcp", fmt.Sprintf("127.0.0.%d:%d", i, portOf(echo.Addr())))
		if err != nil {
			return err
		}
		echoes = append(echoes, more)
	}
	datagrams, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	go http.Serve(web, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, body) }))
	for _, listener := range echoes {
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				go echoBack(conn)
			}
		}()
	}
	go func() {
		buffer := make([]byte, 2048)
		for {
			n, peer, err := datagrams.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			datagrams.WriteToUDPAddrPort(buffer[:n], peer)
		}
	}()
	port := func(address net.Addr) int {
		_, p, _ := net.SplitHostPort(address.String())
		n, _ := strconv.Atoi(p)
		return n
	}
	json.NewEncoder(os.Stdout).Encode(map[string]int{"http": port(web.Addr()), "echo": port(echo.Addr()), "udp": port(datagrams.LocalAddr())})
	io.Copy(io.Discard, os.Stdin)
	return nil
}

func portOf(address net.Addr) int {
	_, port, _ := net.SplitHostPort(address.String())
	number, _ := strconv.Atoi(port)
	return number
}

func echoBack(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		if _, err := conn.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// worker does operations until told to stop; it keeps its connection between slices.
type worker func() error

func client(arguments []string) error {
	flags := flag.NewFlagSet("client", flag.ExitOnError)
	mode := flags.String("mode", "echo", "http, echo, short or udp")
	to := flags.String("to", "", "address of the server")
	connections := flags.Int("connections", 8, "workers, each with a connection")
	flags.Parse(arguments)
	workers := make([]worker, *connections)
	for i := range workers {
		made, err := makeWorker(*mode, *to, i)
		if err != nil {
			return err
		}
		workers[i] = made
	}
	fmt.Println(`{"ready":true}`)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		milliseconds, err := strconv.Atoi(strings.TrimSpace(lines.Text()))
		if err != nil || milliseconds < 1 || milliseconds > 60_000 {
			return fmt.Errorf("a slice is 1 to 60000 milliseconds, not %q", lines.Text())
		}
		if err := slice(workers, time.Duration(milliseconds)*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func slice(workers []worker, length time.Duration) error {
	var operations atomic.Int64
	var failure atomic.Value
	var wait sync.WaitGroup
	cpuBefore, started := cpuSeconds(), time.Now()
	deadline := started.Add(length)
	for _, work := range workers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for n := 0; ; n++ {
				// The clock costs as much as a small operation: look at it every eighth time.
				if n%8 == 0 && time.Now().After(deadline) {
					operations.Add(int64(n))
					return
				}
				if err := work(); err != nil {
					failure.Store(err)
					return
				}
			}
		}()
	}
	wait.Wait()
	if err, ok := failure.Load().(error); ok {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"operations": operations.Load(), "seconds": time.Since(started).Seconds(), "cpuSeconds": cpuSeconds() - cpuBefore,
	})
}

func makeWorker(mode, to string, index int) (worker, error) {
	ping, pong := make([]byte, 64), make([]byte, 64)
	switch mode {
	case "http":
		transport := &http.Transport{MaxIdleConnsPerHost: 1}
		client := &http.Client{Transport: transport}
		return func() error {
			response, err := client.Get("http://" + to + "/")
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			return err
		}, nil
	case "echo":
		conn, err := net.Dial("tcp", to)
		return func() error { return pingPong(conn, ping, pong) }, err
	case "udp":
		conn, err := net.Dial("udp", to)
		return func() error {
			conn.SetReadDeadline(time.Now().Add(time.Second))
			return pingPong(conn, ping, pong)
		}, err
	case "short":
		_, port, err := net.SplitHostPort(to)
		address := net.JoinHostPort(fmt.Sprintf("127.0.0.%d", 1+index%echoAddresses), port)
		return func() error {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				return err
			}
			defer conn.Close()
			return pingPong(conn, ping, pong)
		}, err
	}
	return nil, fmt.Errorf("unknown mode %q", mode)
}

func pingPong(conn net.Conn, ping, pong []byte) error {
	if _, err := conn.Write(ping); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, pong)
	return err
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}
