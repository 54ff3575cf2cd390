// What requests do in Go, and kernels: for each line "NAME COUNT" on stdin it answers the nanoseconds that took.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

type order struct {
	ID    int64             `json:"id"`
	Name  string            `json:"name"`
	Items []item            `json:"items"`
	Tags  map[string]string `json:"tags"`
}

type item struct {
	SKU   string  `json:"sku"`
	Price float64 `json:"price"`
	Count int     `json:"count"`
}

const request = "POST /orders/4711?trace=1 HTTP/1.1\r\nHost: shop\r\nAccept: application/json\r\n" +
	"X-Request-Id: 5f1c9a3e\r\nAuthorization: Bearer abcdef\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"

func main() {
	one := order{ID: 4711, Name: "Ada", Tags: map[string]string{"a": "1", "b": "2"}}
	for i := range 8 {
		one.Items = append(one.Items, item{SKU: fmt.Sprint("sku-", i), Price: 9.5, Count: i})
	}
	body, _ := json.Marshal(one)
	raw := fmt.Sprintf(request, len(body), body)
	text := bytes.Repeat([]byte("the quick brown fox jumps over the lazy dog 0123456789\n"), 1200)
	numbers := make([]int, 20_000)
	matcher := regexp.MustCompile(`^/(?:users|orders)/(\d+)(?:/items/([a-z0-9-]+))?$`)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		var in order
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		in.Name = strings.ToUpper(in.Name) + r.PathValue("id")
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(in)
	})
	tasks := map[string]func(){
		"request": func() {
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
			if err != nil {
				panic(err)
			}
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			if w.Code != 200 {
				panic(w.Code)
			}
		},
		"headers": func() {
			r, _ := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
			r.Header.Del("Authorization")
			r.Header.Set("X-Route", r.URL.Path)
			var out bytes.Buffer
			r.Header.Write(&out)
		},
		"json": func() {
			var in order
			json.Unmarshal(body, &in)
			json.Marshal(in)
		},
		"regexp": func() { matcher.FindStringSubmatch("/orders/4711/items/sku-12") },
		"sha256": func() { sha256.Sum256(text) },
		"crc32":  func() { crc32.ChecksumIEEE(text) },
		"gzip": func() {
			w := gzip.NewWriter(io.Discard)
			w.Write(text)
			w.Close()
		},
		"sort": func() {
			seed := uint32(1)
			for i := range numbers {
				seed = seed*1664525 + 1013904223
				numbers[i] = int(seed >> 8)
			}
			slices.Sort(numbers)
		},
	}
	if len(os.Args) > 1 {
		fd, _ := strconv.Atoi(os.Getenv("LISTEN_FDS_START"))
		listener, err := net.FileListener(os.NewFile(uintptr(fd), "listener"))
		if err != nil {
			panic(err)
		}
		panic(http.Serve(listener, mux))
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var name string
		var count int
		fmt.Sscan(lines.Text(), &name, &count)
		task := tasks[name]
		begin := time.Now()
		for range count {
			task()
		}
		fmt.Println(time.Since(begin).Nanoseconds())
	}
}
