package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"syscall"

	"golang.org/x/net/http2/hpack"
)

// list is one header list with its encoding.
type list struct {
	Hex    string      `json:"hex"`
	Fields [][2]string `json:"fields"`
	// SETTINGS_HEADER_TABLE_SIZE that the encoder has agreed to before, if it is another one.
	TableBytes int `json:"tableBytes,omitempty"`
}

// encodeLists writes lists in which names and values come again, as they do on a connection.
func encodeLists(seed int64, count int) error {
	random := rand.New(rand.NewSource(seed))
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	out := bufio.NewWriter(os.Stdout)
	lines := json.NewEncoder(out)
	for range count {
		block.Reset()
		one := list{}
		if random.Intn(20) == 0 {
			one.TableBytes = []int{1, 100, 1000, 4096, 20000}[random.Intn(5)]
			encoder.SetMaxDynamicTableSizeLimit(uint32(one.TableBytes))
			encoder.SetMaxDynamicTableSize(uint32(one.TableBytes))
		}
		one.Fields = [][2]string{
			{":method", []string{"GET", "POST", "PATCH"}[random.Intn(3)]},
			{":path", fmt.Sprintf("/item/%d", random.Intn(30))},
			{":authority", "shop.example"},
		}
		for range random.Intn(12) {
			name := []string{"cookie", "user-agent", "x-request-id", "accept", "x-ü"}[random.Intn(5)]
			if random.Intn(5) == 0 {
				name = fmt.Sprintf("x-%d", random.Intn(100))
			}
			one.Fields = append(one.Fields, [2]string{name, randomValue(random)})
		}
		for _, field := range one.Fields {
			err := encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1], Sensitive: random.Intn(10) == 0})
			if err != nil {
				return err
			}
		}
		one.Hex = hex.EncodeToString(block.Bytes())
		if err := lines.Encode(one); err != nil {
			return err
		}
	}
	return out.Flush()
}

// encodeRequests writes the header blocks of one connection's requests in hexadecimal, one a line. With ids, each has a
// request id and a trace context of its own.
func encodeRequests(count int, ids bool) error {
	random := rand.New(rand.NewSource(1))
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	out := bufio.NewWriter(os.Stdout)
	for range count {
		block.Reset()
		fields := []hpack.HeaderField{
			{Name: ":authority", Value: "shop.example:8443"},
			{Name: ":method", Value: "POST"},
			{Name: ":path", Value: fmt.Sprintf("/shop.v1.Cart/Method%d", random.Intn(12))},
			{Name: ":scheme", Value: "http"},
			{Name: "content-type", Value: "application/grpc"},
			{Name: "user-agent", Value: "grpc-go/1.85.0"},
			{Name: "te", Value: "trailers"},
			{Name: "grpc-timeout", Value: fmt.Sprintf("%dm", 990+random.Intn(10))},
		}
		if ids {
			fields = append(fields,
				hpack.HeaderField{Name: "x-request-id", Value: fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64())},
				hpack.HeaderField{Name: "traceparent", Value: fmt.Sprintf("00-%016x%016x-%016x-01", random.Uint64(), random.Uint64(), random.Uint64())},
			)
		}
		for _, field := range fields {
			if err := encoder.WriteField(field); err != nil {
				return err
			}
		}
		fmt.Fprintf(out, "%x\n", block.Bytes())
	}
	return out.Flush()
}

func randomValue(random *rand.Rand) string {
	switch random.Intn(6) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%d", random.Intn(50))
	case 2:
		// All bytes that have short codes and those that have long ones.
		var text strings.Builder
		for range random.Intn(60) {
			text.WriteRune(rune(random.Intn(0x180)))
		}
		return text.String()
	case 3:
		return strings.Repeat("k=v; ", random.Intn(300))
	default:
		return fmt.Sprintf("%016x", random.Int63n(40)*0x0123456789abcdf)
	}
}

// bench reads the name of a file with blocks in hexadecimal on its first line of input; for each further line it decodes
// all of them that often, on one connection, and says what CPU it took.
func bench() error {
	lines := bufio.NewScanner(os.Stdin)
	var blocks [][]byte
	if !lines.Scan() {
		return fmt.Errorf("no file")
	}
	text, err := os.ReadFile(lines.Text())
	if err != nil {
		return err
	}
	for _, line := range strings.Fields(string(text)) {
		block, err := hex.DecodeString(line)
		if err != nil {
			return err
		}
		blocks = append(blocks, block)
	}
	tell(len(blocks))
	found := 0
	decoder := hpack.NewDecoder(4096, func(field hpack.HeaderField) {
		switch field.Name {
		case ":method", ":path", ":authority", ":status", "content-type", "grpc-status", "grpc-message", "x-trace-sampling", "traceparent":
			found += len(field.Value)
		}
	})
	for lines.Scan() {
		var times int
		fmt.Sscan(lines.Text(), &times)
		before := cpuNs()
		for range times {
			for _, block := range blocks {
				if _, err := decoder.Write(block); err != nil {
					return err
				}
				if err := decoder.Close(); err != nil {
					return err
				}
			}
		}
		tell(map[string]int64{"cpuNs": cpuNs() - before, "found": int64(found)})
		found = 0
	}
	return nil
}

func cpuNs() int64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}
