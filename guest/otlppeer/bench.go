package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"syscall"

	traces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

type figures struct {
	CPUNs int64 `json:"cpuNs"`
	Spans int   `json:"spans"`
	Bytes int   `json:"bytes"`
}

// Each line `COUNT` on stdin: that many requests, in the file that the first line names, are decoded, put together until
// there are 8192 spans, and encoded again, as a collector does that works on messages.
func bench() error {
	scanner := bufio.NewScanner(os.Stdin)
	if !scanner.Scan() {
		return fmt.Errorf("no file is named")
	}
	body, err := os.ReadFile(scanner.Text())
	if err != nil {
		return err
	}
	tell(figures{Bytes: len(body)})
	for scanner.Scan() {
		var count int
		if err := json.Unmarshal(scanner.Bytes(), &count); err != nil {
			return err
		}
		before := cpu()
		done := figures{}
		batch := &traces.ExportTraceServiceRequest{}
		waiting := 0
		flush := func() error {
			encoded, err := proto.Marshal(batch)
			done.Bytes += len(encoded)
			batch, waiting = &traces.ExportTraceServiceRequest{}, 0
			return err
		}
		for i := 0; i < count; i++ {
			request := &traces.ExportTraceServiceRequest{}
			if err := proto.Unmarshal(body, request); err != nil {
				return err
			}
			spans := countSpans(request)
			done.Spans += spans
			waiting += spans
			batch.ResourceSpans = append(batch.ResourceSpans, request.ResourceSpans...)
			if waiting >= 8192 {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		if err := flush(); err != nil {
			return err
		}
		done.CPUNs = cpu() - before
		tell(done)
	}
	return scanner.Err()
}

func cpu() int64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}
