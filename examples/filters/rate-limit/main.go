// A filter that lets so many requests pass in so much time, on all threads of the proxy together.
package main

import (
	"encoding/json"
	"errors"
	"hash/fnv"
	"strconv"
	"time"

	"example.com/quadrant/guest/proxywasm"
)

// bucketsMax is how many there are: shared data cannot be taken away again.
const bucketsMax = 1 << 14

func init() {
	proxywasm.RegisterDefault(func(proxywasm.ContextID) proxywasm.PluginContext { return new(plugin) })
}

func main() {}

type plugin struct {
	proxywasm.DefaultPlugin
	bucket bucket
	// by is a header; empty for one bucket for all.
	by                 string
	limited, undecided proxywasm.Counter
}

func (p *plugin) OnConfigure(configuration []byte) error {
	read := struct {
		Requests, Burst int64
		Per, By         string
	}{Burst: 1}
	if err := json.Unmarshal(configuration, &read); err != nil {
		return err
	}
	per, err := time.ParseDuration(read.Per)
	if err != nil {
		return err
	}
	if read.Requests < 1 || read.Burst < 1 || per < time.Duration(read.Requests) {
		return errors.New("requests and burst have to be 1 or more, in a time that is not too short for them")
	}
	p.by = read.By
	p.bucket = bucket{interval: per / time.Duration(read.Requests), burst: time.Duration(read.Burst)}
	if p.limited, err = proxywasm.DefineCounter("rate_limit.limited"); err != nil {
		return err
	}
	p.undecided, err = proxywasm.DefineCounter("rate_limit.undecided")
	return err
}

func (p *plugin) NewHTTP(proxywasm.ContextID) proxywasm.HTTPContext { return &filter{plugin: p} }

type filter struct {
	proxywasm.DefaultHTTP
	plugin *plugin
}

func (f *filter) OnRequestHeaders(int, bool) proxywasm.Action {
	wait, err := f.plugin.bucket.take(f.plugin.key(), time.Now())
	if err != nil {
		// Too many want the same bucket at the same time to tell: none of them waits for that.
		_ = f.plugin.undecided.Add(1)
		return proxywasm.Continue
	}
	if wait == 0 {
		return proxywasm.Continue
	}
	_ = f.plugin.limited.Add(1)
	seconds := (wait + time.Second - 1) / time.Second
	err = proxywasm.SendLocalResponse(proxywasm.LocalResponse{
		Status:  429,
		Headers: []proxywasm.Field{{Name: "retry-after", Value: strconv.FormatInt(int64(seconds), 10)}},
		Body:    []byte("too many requests\n"),
		Details: "rate_limited",
		GRPC:    proxywasm.GRPCResourceExhausted,
	})
	if err != nil {
		panic(err)
	}
	return proxywasm.Pause
}

// key is what the bucket of a request is called in shared data.
func (p *plugin) key() string {
	if p.by == "" {
		return "rate-limit"
	}
	value, _ := proxywasm.RequestHeaders.Get(p.by)
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(value))
	return "rate-limit/" + strconv.FormatUint(hash.Sum64()%bucketsMax, 10)
}
