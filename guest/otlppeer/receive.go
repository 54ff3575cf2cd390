package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"

	metrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	traces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Received is one request, as it was understood.
type received struct {
	Signal      string          `json:"signal"`
	Transport   string          `json:"transport"`
	Compression string          `json:"compression"`
	Header      string          `json:"header"`
	Items       int             `json:"items"`
	Request     json.RawMessage `json:"request"`
}

var output sync.Mutex

func tell(value any) {
	output.Lock()
	defer output.Unlock()
	json.NewEncoder(os.Stdout).Encode(value)
}

func told(signal, transport, compression, header string, items int, request proto.Message) {
	text, _ := protojson.Marshal(request)
	tell(received{signal, transport, compression, header, items, text})
}

type traceService struct {
	traces.UnimplementedTraceServiceServer
}

type metricsService struct {
	metrics.UnimplementedMetricsServiceServer
}

func headers(ctx context.Context) (compression, header string) {
	md, _ := metadata.FromIncomingContext(ctx)
	if values := md.Get("x-test"); len(values) > 0 {
		header = values[0]
	}
	if values := md.Get("grpc-encoding"); len(values) > 0 {
		compression = values[0]
	}
	return
}

func (traceService) Export(ctx context.Context, request *traces.ExportTraceServiceRequest) (*traces.ExportTraceServiceResponse, error) {
	compression, header := headers(ctx)
	told("traces", "grpc", compression, header, countSpans(request), request)
	return &traces.ExportTraceServiceResponse{}, nil
}

func (metricsService) Export(ctx context.Context, request *metrics.ExportMetricsServiceRequest) (*metrics.ExportMetricsServiceResponse, error) {
	compression, header := headers(ctx)
	told("metrics", "grpc", compression, header, countPoints(request), request)
	return &metrics.ExportMetricsServiceResponse{}, nil
}

func receive() error {
	grpcListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	httpListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(64 << 20))
	traces.RegisterTraceServiceServer(server, traceService{})
	metrics.RegisterMetricsServiceServer(server, metricsService{})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, r *http.Request) {
		request := &traces.ExportTraceServiceRequest{}
		if read(w, r, request) {
			told("traces", "http", r.Header.Get("content-encoding"), r.Header.Get("x-test"), countSpans(request), request)
			w.Header().Set("content-type", "application/x-protobuf")
		}
	})
	mux.HandleFunc("POST /v1/metrics", func(w http.ResponseWriter, r *http.Request) {
		request := &metrics.ExportMetricsServiceRequest{}
		if read(w, r, request) {
			told("metrics", "http", r.Header.Get("content-encoding"), r.Header.Get("x-test"), countPoints(request), request)
			w.Header().Set("content-type", "application/x-protobuf")
		}
	})
	tell(map[string]string{"grpc": grpcListener.Addr().String(), "http": httpListener.Addr().String()})
	go http.Serve(httpListener, mux)
	go server.Serve(grpcListener)
	// Its end is the end of whoever started it.
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func read(w http.ResponseWriter, r *http.Request, request proto.Message) bool {
	var body io.Reader = r.Body
	if r.Header.Get("content-encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return false
		}
		body = unzipped
	}
	content, err := io.ReadAll(body)
	if err == nil {
		switch kind := r.Header.Get("content-type"); kind {
		case "application/x-protobuf":
			err = proto.Unmarshal(content, request)
		case "application/json":
			var fixed []byte
			if fixed, err = base64IDs(content); err == nil {
				err = protojson.UnmarshalOptions{DiscardUnknown: false}.Unmarshal(fixed, request)
			}
		default:
			err = fmt.Errorf("content type %q", kind)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
	return err == nil
}
