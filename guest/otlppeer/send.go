package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	metrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	traces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	tracespb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

type order struct {
	Signal string `json:"signal"`
	Items  int    `json:"items"`
	Gzip   bool   `json:"gzip"`
	JSON   bool   `json:"json"`
}

type answer struct {
	OK           bool   `json:"ok"`
	Status       string `json:"status"`
	RetryAfterMs int64  `json:"retryAfterMs"`
}

func send(transport, address string) error {
	scanner := bufio.NewScanner(os.Stdin)
	var connection *grpc.ClientConn
	if transport == "grpc" {
		var err error
		if connection, err = grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
			return err
		}
		defer connection.Close()
	}
	for scanner.Scan() {
		var o order
		if err := json.Unmarshal(scanner.Bytes(), &o); err != nil {
			return err
		}
		var got answer
		var err error
		if transport == "grpc" {
			got = sendGRPC(connection, o)
		} else if got, err = sendHTTP(address, o); err != nil {
			return err
		}
		tell(got)
	}
	return scanner.Err()
}

func sendGRPC(connection *grpc.ClientConn, o order) answer {
	options := []grpc.CallOption{}
	if o.Gzip {
		options = append(options, grpc.UseCompressor(gzip.Name))
	}
	var err error
	if o.Signal == "traces" {
		_, err = traces.NewTraceServiceClient(connection).Export(context.Background(), spans(o.Items), options...)
	} else {
		_, err = metrics.NewMetricsServiceClient(connection).Export(context.Background(), points(o.Items), options...)
	}
	got := answer{OK: err == nil, Status: status.Code(err).String(), RetryAfterMs: -1}
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			got.RetryAfterMs = info.RetryDelay.AsDuration().Milliseconds()
		}
	}
	return got
}

func sendHTTP(address string, o order) (answer, error) {
	var request proto.Message = points(o.Items)
	if o.Signal == "traces" {
		request = spans(o.Items)
	}
	body, err := proto.Marshal(request)
	kind := "application/x-protobuf"
	if o.JSON {
		kind = "application/json"
		if body, err = protojson.Marshal(request); err == nil {
			body, err = hexIDs(body)
		}
	}
	if err != nil {
		return answer{}, err
	}
	post, err := http.NewRequest("POST", "http://"+address+"/v1/"+o.Signal, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	post.Header.Set("content-type", kind)
	response, err := http.DefaultClient.Do(post)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
	return answer{OK: response.StatusCode == 200, Status: fmt.Sprint(response.StatusCode)}, nil
}

func text(key, value string) *common.KeyValue {
	return &common.KeyValue{Key: key, Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: value}}}
}

func service() *resource.Resource {
	return &resource.Resource{Attributes: []*common.KeyValue{text("service.name", "peer"), text("service.instance.id", "one")}}
}

// Spans as a busy HTTP service has them: six attributes, some 300 bytes each.
func spans(count int) *traces.ExportTraceServiceRequest {
	list := make([]*tracespb.Span, count)
	for i := range list {
		id := make([]byte, 16)
		id[0], id[15] = byte(i+1), byte(i>>8)
		list[i] = &tracespb.Span{
			TraceId: id, SpanId: id[8:], ParentSpanId: id[:8], Name: fmt.Sprintf("GET /cart/%d", i%50), Kind: tracespb.Span_SPAN_KIND_SERVER,
			StartTimeUnixNano: 1700000000000000000 + uint64(i), EndTimeUnixNano: 1700000000001000000 + uint64(i),
			Attributes: []*common.KeyValue{
				text("http.request.method", "GET"), text("url.path", fmt.Sprintf("/cart/%d", i)), text("server.address", "shop.example"),
				text("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)"), text("http.route", "/cart/{id}"),
				{Key: "http.response.status_code", Value: &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: 200}}},
			},
			Status: &tracespb.Status{Code: tracespb.Status_STATUS_CODE_OK},
		}
	}
	return &traces.ExportTraceServiceRequest{ResourceSpans: []*tracespb.ResourceSpans{{
		Resource: service(), ScopeSpans: []*tracespb.ScopeSpans{{Scope: &common.InstrumentationScope{Name: "peer"}, Spans: list}},
	}}}
}

func points(count int) *metrics.ExportMetricsServiceRequest {
	list := make([]*metricspb.NumberDataPoint, count)
	for i := range list {
		list[i] = &metricspb.NumberDataPoint{
			TimeUnixNano: 1700000000000000000, StartTimeUnixNano: 1690000000000000000,
			Attributes: []*common.KeyValue{text("path", fmt.Sprintf("/%d", i))}, Value: &metricspb.NumberDataPoint_AsInt{AsInt: int64(i)},
		}
	}
	sum := &metricspb.Sum{DataPoints: list, IsMonotonic: true, AggregationTemporality: metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE}
	return &metrics.ExportMetricsServiceRequest{ResourceMetrics: []*metricspb.ResourceMetrics{{
		Resource:     service(),
		ScopeMetrics: []*metricspb.ScopeMetrics{{Metrics: []*metricspb.Metric{{Name: "peer.requests", Unit: "{request}", Data: &metricspb.Metric_Sum{Sum: sum}}}}},
	}}}
}

func countSpans(request *traces.ExportTraceServiceRequest) (count int) {
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			count += len(scope.Spans)
		}
	}
	return
}

func countPoints(request *metrics.ExportMetricsServiceRequest) (count int) {
	for _, resource := range request.ResourceMetrics {
		for _, scope := range resource.ScopeMetrics {
			for _, metric := range scope.Metrics {
				count += len(metric.GetSum().GetDataPoints()) + len(metric.GetGauge().GetDataPoints()) + len(metric.GetHistogram().GetDataPoints()) +
					len(metric.GetExponentialHistogram().GetDataPoints()) + len(metric.GetSummary().GetDataPoints())
			}
		}
	}
	return
}

// OTLP/JSON has ids in hexadecimal, protojson in base64.
func hexIDs(body []byte) ([]byte, error) {
	return rewriteIDs(body, func(id string) (string, error) {
		raw, err := base64.StdEncoding.DecodeString(id)
		return hex.EncodeToString(raw), err
	})
}

func base64IDs(body []byte) ([]byte, error) {
	return rewriteIDs(body, func(id string) (string, error) {
		raw, err := hex.DecodeString(id)
		return base64.StdEncoding.EncodeToString(raw), err
	})
}

func rewriteIDs(body []byte, rewrite func(string) (string, error)) ([]byte, error) {
	var value any
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if err := walk(value, rewrite); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

func walk(value any, rewrite func(string) (string, error)) (err error) {
	switch value := value.(type) {
	case []any:
		for _, entry := range value {
			if err = walk(entry, rewrite); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, entry := range value {
			id, isText := entry.(string)
			if isText && (name == "traceId" || name == "spanId" || name == "parentSpanId") {
				if value[name], err = rewrite(id); err != nil {
					return err
				}
			} else if err = walk(entry, rewrite); err != nil {
				return err
			}
		}
	}
	return nil
}
