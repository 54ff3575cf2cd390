// Http2peer is the other side of Quadrant's reader of HTTP/2 in its tests and benchmarks, made of net/http, the official
// gRPC package and golang.org/x/net/http2/hpack.
//
//	http2peer serve [HOST [tls]]          HTTP/2 and gRPC; a line of JSON for the addresses, then one a request
//	http2peer drive http|grpc ADDR COUNT [tls]
//	                                      COUNT requests of mixed kinds; a line of JSON for each, as the client saw it
//	http2peer hpack SEED COUNT            COUNT random header lists, encoded one after the other, as JSON lines
//	http2peer requests COUNT [ids]        header blocks of COUNT requests in hexadecimal
//	http2peer quiet ADDR [tls]          a gRPC server that tells its address and nothing more
//	http2peer load ADDR [tls]           calls it as fast as it can: for a line "MS CALLS" so long, so many at a time
//	http2peer sampled http|grpc ADDR COUNT EVERY
//	                                      COUNT requests, many at once; each EVERY-th asks to be captured; then a line that
//	                                      tells which
//	http2peer bench                       decodes what `requests` wrote, beside ours
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
)

func main() {
	var err error
	arg := func(i int) string {
		if i < len(os.Args) {
			return os.Args[i]
		}
		return ""
	}
	number := func(i int) int {
		value, problem := strconv.Atoi(arg(i))
		if problem != nil {
			fail(problem)
		}
		return value
	}
	switch arg(1) {
	case "serve":
		err = serve(cmp.Or(arg(2), "127.0.0.1"), arg(3) == "tls")
	case "drive":
		if arg(2) == "grpc" {
			err = driveGrpc(arg(3), number(4), arg(5) == "tls")
		} else {
			err = driveHTTP(arg(3), number(4), arg(5) == "tls")
		}
	case "hpack":
		err = encodeLists(int64(number(2)), number(3))
	case "requests":
		err = encodeRequests(number(2), arg(3) == "ids")
	case "quiet":
		err = quiet(arg(2), arg(3) == "tls")
	case "load":
		err = load(arg(2), arg(3) == "tls")
	case "sampled":
		err = sampled(arg(2), arg(3), number(4), number(5))
	case "bench":
		err = bench()
	default:
		err = fmt.Errorf("usage: http2peer serve [HOST [tls]] | drive http|grpc ADDRESS COUNT [tls] | hpack SEED COUNT | requests COUNT [ids] | quiet ADDRESS [tls] | load ADDRESS [tls] | sampled http|grpc ADDRESS COUNT EVERY | bench")
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

var output struct {
	sync.Mutex
	*json.Encoder
}

// tell writes a line of JSON.
func tell(value any) {
	output.Lock()
	defer output.Unlock()
	if output.Encoder == nil {
		output.Encoder = json.NewEncoder(os.Stdout)
	}
	if err := output.Encode(value); err != nil {
		fail(err)
	}
}
