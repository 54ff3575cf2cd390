// Command httpserve answers HTTP requests in all the ways that HTTP/1 frames them, and asks for them.
//
//	httpserve serve ADDRESS [tls]
//	                          prints the address, then a line for each request: method, path, status
//	httpserve ask URL COUNT   asks for a mix COUNT times on connections that are kept, prints the same lines; over TLS it
//	                          trusts whoever answers
//	httpserve quiet ADDRESS [tls]
//	                          prints the address as JSON, and answers all requests alike
//	httpserve load URL        for each line "MILLISECONDS CONNECTIONS" asks as fast as it can, and prints as JSON how
//	                          many requests there were, how long it took and the median latency
//
// A status of 0 is a request whose connection was ended without an answer.
package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Looks like messages: nobody must take it for one.
const decoy = "HTTP/1.1 500 Decoy\r\nContent-Length: 0\r\n\r\nGET /decoy HTTP/1.1\r\nHost: decoy\r\n\r\n"

// Rounds of `ask` with bodies of hundreds of kilobytes.
const largeRounds = 10

func main() {
	isTLS := len(os.Args) == 4 && os.Args[3] == "tls"
	if (len(os.Args) == 3 || isTLS) && os.Args[1] == "serve" {
		serve(os.Args[2], isTLS)
	} else if len(os.Args) == 4 && os.Args[1] == "ask" {
		count, err := strconv.Atoi(os.Args[3])
		check(err)
		ask(os.Args[2], count)
	} else if (len(os.Args) == 3 || isTLS) && os.Args[1] == "quiet" {
		quiet(os.Args[2], isTLS)
	} else if len(os.Args) == 3 && os.Args[1] == "load" {
		load(os.Args[2])
	} else {
		fmt.Fprintln(os.Stderr, "httpserve serve ADDRESS [tls] | ask URL COUNT | quiet ADDRESS [tls] | load URL")
		os.Exit(2)
	}
}

type ledger struct {
	mutex sync.Mutex
	out   *bufio.Writer
}

func (l *ledger) add(method, path string, status int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	fmt.Fprintln(l.out, method, path, status)
	l.out.Flush()
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func serve(address string, isTLS bool) {
	log := &ledger{out: bufio.NewWriter(os.Stdout)}
	listener := listen(address, isTLS)
	fmt.Println(listener.Addr())
	check(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{w, http.StatusOK}
		defer func() {
			thrown := recover()
			if thrown != nil {
				rec.status = 0
			}
			log.add(r.Method, r.URL.EscapedPath(), rec.status)
			if thrown != nil {
				panic(http.ErrAbortHandler)
			}
		}()
		answer(rec, r)
	})))
}

// listen gives HTTP/1 alone: what it negotiates has no other protocol.
func listen(address string, isTLS bool) net.Listener {
	listener, err := net.Listen("tcp", address)
	check(err)
	if isTLS {
		return tls.NewListener(listener, &tls.Config{Certificates: certificates()})
	}
	return listener
}

// certificates are for clients that do not look at them.
func certificates() []tls.Certificate {
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	return server.TLS.Certificates
}

func answer(w *recorder, r *http.Request) {
	control := http.NewResponseController(w)
	segments := strings.Split(r.URL.Path, "/")
	switch segments[1] {
	case "status":
		status, err := strconv.Atoi(segments[2])
		check(err)
		w.WriteHeader(status)
	case "sleep":
		duration, err := time.ParseDuration(segments[2])
		check(err)
		time.Sleep(duration)
	case "chunked":
		for range 5 {
			io.WriteString(w, decoy)
			control.Flush()
		}
	case "hints":
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		io.WriteString(w, "hinted")
	case "large":
		io.WriteString(w, strings.Repeat(decoy, 8000))
	case "cookies":
		w.Header().Set("Set-Cookie", r.Header.Get("Cookie"))
	case "medium":
		io.WriteString(w, strings.Repeat(decoy, 80))
	case "upload":
		size, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprintln(w, size)
	case "abort":
		panic(http.ErrAbortHandler)
	case "hang":
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case "upgrade":
		w.status = http.StatusSwitchingProtocols
		conn, buffered, err := control.Hijack()
		check(err)
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		io.Copy(conn, buffered)
	default:
		io.WriteString(w, "hello")
	}
}

// trusting has connections that it keeps: of HTTP/2 where a server of TLS offers it, else of HTTP/1.
func trusting(idleMax int) *http.Client {
	return &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: idleMax,
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
		ForceAttemptHTTP2:   true,
	}}
}

func ask(url string, count int) {
	client := trusting(http.DefaultMaxIdleConnsPerHost)
	log := &ledger{out: bufio.NewWriter(os.Stdout)}
	send := func(method, path string, body io.Reader, expect bool) {
		request, err := http.NewRequest(method, url+path, body)
		check(err)
		if expect {
			request.Header.Set("Expect", "100-continue")
		}
		status := 0
		if response, err := client.Do(request); err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
			status = response.StatusCode
		}
		log.add(method, request.URL.EscapedPath(), status)
	}
	for i := range count {
		large, upload := "/large", strings.Repeat(decoy, 3000)
		if i >= largeRounds {
			large, upload = "/medium", strings.Repeat(decoy, 30)
		}
		send("GET", "/hello?page="+strconv.Itoa(i), nil, false)
		send("GET", "/orders/"+strconv.Itoa(i), nil, false)
		send("HEAD", large, nil, false)
		send("GET", "/chunked", nil, false)
		send("POST", "/upload/sized", strings.NewReader(upload), false)
		send("PUT", "/upload/chunked", io.MultiReader(strings.NewReader(upload)), false)
		send("POST", "/upload/expected", strings.NewReader(upload), true)
		send("GET", "/hints", nil, false)
		send("GET", large, nil, false)
		send("DELETE", "/status/204", nil, false)
		send("GET", "/status/304", nil, false)
		send("PATCH", "/status/404", nil, false)
		send("GET", "/status/503", nil, false)
		send("POST", "/abort", strings.NewReader("x"), false)
	}
}

func quiet(address string, isTLS bool) {
	listener := listen(address, isTLS)
	fmt.Printf("%q\n", listener.Addr())
	check(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"id":12345,"items":[1,2,3],"total":17.5,"currency":"EUR"}`)
	})))
}

func load(url string) {
	client := trusting(1024)
	lines := bufio.NewScanner(os.Stdin)
	fmt.Println("{}")
	for lines.Scan() {
		var milliseconds, connections int
		_, err := fmt.Sscan(lines.Text(), &milliseconds, &connections)
		check(err)
		began := time.Now()
		until := began.Add(time.Duration(milliseconds) * time.Millisecond)
		latencies := make([][]time.Duration, connections)
		var done sync.WaitGroup
		for i := range connections {
			done.Add(1)
			go func() {
				defer done.Done()
				for {
					sent := time.Now()
					if sent.After(until) {
						return
					}
					response, err := client.Get(url)
					check(err)
					io.Copy(io.Discard, response.Body)
					response.Body.Close()
					latencies[i] = append(latencies[i], time.Since(sent))
				}
			}()
		}
		done.Wait()
		wall := time.Since(began)
		all := slices.Concat(latencies...)
		slices.Sort(all)
		fmt.Printf("{\"requests\":%d,\"wallNs\":%d,\"medianNs\":%d}\n", len(all), wall, all[len(all)/2])
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
