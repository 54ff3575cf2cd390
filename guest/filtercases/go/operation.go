package main

import (
	"fmt"
	"strings"
	"time"
	"unsafe"

	"example.com/quadrant/guest/proxywasm"
)

// outcome is what the operations of a callback want it to return.
type outcome struct {
	isPaused, isRefused bool
}

// run does one operation, and writes down what it was given.
func (f *follower) run(text string, result *outcome) {
	words := strings.Fields(text)
	register := ""
	if last := words[len(words)-1]; last[0] == '>' {
		register = last[1:]
		words = words[:len(words)-1]
	}
	call := call{follower: f, script: f.script, arguments: words[1:], register: register}
	switch words[0] {
	case "pause":
		result.isPaused = true
	case "refuse":
		result.isRefused = true
	case "trap":
		panic("trap")
	case "poke":
		copy(scratch[:], call.bytes(0))
	case "keep":
		call.script.registers[register] = call.bytes(0)
	case "self":
		call.script.keep(register, uint64(f.id))
	default:
		say("  " + text + " = " + call.make(words[0]))
	}
}

type call struct {
	*follower
	script    *script
	arguments []string
	register  string
}

// streams are calls of gRPC by the registers that have their tokens.
var streams = make(map[*script]map[string]proxywasm.GRPCStream)

func (c *call) word(index int) string {
	if index < len(c.arguments) {
		return c.arguments[index]
	}
	return "-"
}

func (c *call) number(index int) uint32 { return uint32(c.script.number(c.word(index))) }
func (c *call) bytes(index int) []byte  { return c.script.bytes(c.word(index)) }
func (c *call) text(index int) string   { return string(c.bytes(index)) }

func (c *call) milliseconds(index int) time.Duration {
	return time.Duration(c.number(index)) * time.Millisecond
}

// fields are `name=value` each, from one argument on and until `--`.
func (c *call) fields(first int) []proxywasm.Field {
	var fields []proxywasm.Field
	for _, word := range c.arguments[min(first, len(c.arguments)):] {
		if word == "--" {
			break
		}
		name, value, hasValue := strings.Cut(word, "=")
		if !hasValue {
			value = "-"
		}
		fields = append(fields, proxywasm.Field{
			Name: string(c.script.bytes(name)), Value: string(c.script.bytes(value)),
		})
	}
	return fields
}

func (c *call) trailers() []proxywasm.Field {
	for index, word := range c.arguments {
		if word == "--" {
			return c.fields(index + 1)
		}
	}
	return nil
}

// kept puts a number where it is asked for, of a call that went well.
func (c *call) kept(number uint32, err error) string {
	if err == nil && c.register != "" {
		c.script.keep(c.register, uint64(number))
	}
	return statusOf(err)
}

// path is parts with `/` between them.
func (c *call) path() []string {
	parts := strings.Split(c.word(0), "/")
	for index, part := range parts {
		parts[index] = string(c.script.bytes(part))
	}
	return parts
}

func (c *call) make(operation string) string {
	headers := proxywasm.HeaderMap(c.number(0))
	buffer := proxywasm.Buffer(c.number(0))
	switch operation {
	case "log":
		_, err := proxywasm.LogLevel(c.number(0)).Write(c.bytes(1))
		return statusOf(err)
	case "log_level":
		level := uint32(99)
		status := hostGetLogLevel(place(&level))
		return fmt.Sprint(status, level)
	case "now":
		now, err := proxywasm.Now()
		return statusOf(err) + fmt.Sprintf(" sane=%t", now.Unix() > 1_600_000_000)
	case "tick_period":
		return statusOf(proxywasm.SetTickPeriod(c.milliseconds(0)))
	case "done":
		return statusOf(proxywasm.Done())
	case "effective":
		return statusOf(proxywasm.SetEffectiveContext(proxywasm.ContextID(c.number(0))))
	case "buffer":
		return given(buffer.Read(int(c.number(1)), int(c.number(2))))
	case "set_buffer":
		return statusOf(buffer.Splice(int(c.number(1)), int(c.number(2)), c.bytes(3)))
	case "buffer_status":
		size, flags := uint32(0), uint32(0)
		status := hostGetBufferStatus(c.number(0), place(&size), place(&flags))
		return fmt.Sprint(status, size, flags)
	case "size":
		size := uint32(0)
		status := hostGetHeaderMapSize(c.number(0), place(&size))
		return fmt.Sprint(status, size)
	case "pairs":
		fields, err := headers.Fields()
		if err != nil {
			return statusOf(err)
		}
		return "0 " + fieldsText(fields)
	case "set_pairs":
		return statusOf(headers.SetFields(c.fields(1)))
	case "value":
		value, err := headers.Get(c.text(1))
		return given([]byte(value), err)
	case "add":
		return statusOf(headers.Add(c.text(1), c.text(2)))
	case "replace":
		return statusOf(headers.Set(c.text(1), c.text(2)))
	case "remove":
		return statusOf(headers.Remove(c.text(1)))
	case "continue":
		return statusOf(proxywasm.Stream(c.number(0)).Resume())
	case "close":
		return statusOf(proxywasm.Stream(c.number(0)).Close())
	case "status":
		code, message, err := proxywasm.HostStatus()
		return fmt.Sprintf("%s %d %s", statusOf(err), code, quoted([]byte(message)))
	case "respond":
		return statusOf(proxywasm.SendLocalResponse(proxywasm.LocalResponse{
			Status:  int(c.number(0)),
			Details: c.text(1),
			Body:    c.bytes(2),
			GRPC:    proxywasm.GRPCCode(max(0, c.script.number(c.word(3)))),
			Headers: c.fields(4),
		}))
	case "http_call":
		return c.httpCall()
	case "grpc_call":
		method := proxywasm.GRPCMethod{
			Cluster: c.text(0), Service: c.text(1), Method: c.text(2), Metadata: c.fields(5),
		}
		return c.opened(method.Call(c.bytes(4), c.milliseconds(3), grpc{c.follower}))
	case "grpc_stream":
		method := proxywasm.GRPCMethod{
			Cluster: c.text(0), Service: c.text(1), Method: c.text(2), Metadata: c.fields(3),
		}
		return c.opened(method.Open(grpc{c.follower}))
	case "grpc_send", "grpc_cancel", "grpc_close":
		return c.stream(operation)
	case "get_shared":
		value, cas, err := proxywasm.SharedData(c.text(0))
		c.kept(cas, nil)
		return given(value, err)
	case "set_shared":
		return statusOf(proxywasm.SetSharedData(c.text(0), c.bytes(1), c.number(2)))
	case "register_queue":
		queue, err := proxywasm.RegisterQueue(c.text(0))
		return c.kept(uint32(queue), err)
	case "resolve_queue":
		queue, err := proxywasm.ResolveQueue(c.text(0), c.text(1))
		return c.kept(uint32(queue), err)
	case "enqueue":
		return statusOf(proxywasm.Queue(c.number(0)).Enqueue(c.bytes(1)))
	case "dequeue":
		return given(proxywasm.Queue(c.number(0)).Dequeue())
	case "define_metric":
		return c.defineMetric()
	case "record":
		return statusOf(proxywasm.Gauge(c.number(0)).Set(uint64(c.script.number(c.word(1)))))
	case "increment":
		return statusOf(proxywasm.Gauge(c.number(0)).Add(c.script.number(c.word(1))))
	case "metric":
		value, err := proxywasm.Gauge(c.number(0)).Value()
		if err != nil {
			return statusOf(err)
		}
		return fmt.Sprint("0 ", value)
	case "property":
		return given(proxywasm.Property(c.path()...))
	case "property_size":
		value, err := proxywasm.Property(c.path()...)
		if err != nil {
			return statusOf(err)
		}
		return fmt.Sprintf("0 %d bytes", len(value))
	case "set_property":
		return statusOf(proxywasm.SetProperty(c.path(), c.bytes(1)))
	case "foreign":
		result, err := proxywasm.CallForeign(c.text(0), c.bytes(1))
		if c.register != "" {
			c.script.registers[c.register] = result
			return statusOf(err)
		}
		return statusOf(err) + " " + quoted(result)
	case "raw":
		return fmt.Sprint(hostCall(c.word(0), func(index int) int64 { return c.script.number(c.word(index + 1)) }))
	}
	return c.wasi(operation)
}

func (c *call) httpCall() string {
	request := proxywasm.HTTPCall{
		Cluster: c.text(0), Timeout: c.milliseconds(1), Body: c.bytes(2), Headers: c.fields(3), Trailers: c.trailers(),
	}
	return statusOf(request.Send(func(response proxywasm.CallResponse) {
		c.told("http_call_response", fmt.Sprintf("headers=%d body=%d trailers=%d",
			response.HeaderCount, response.BodySize, response.TrailerCount))
	}))
}

func (c *call) opened(stream proxywasm.GRPCStream, err error) string {
	if err == nil && c.register != "" {
		if streams[c.script] == nil {
			streams[c.script] = make(map[string]proxywasm.GRPCStream)
		}
		streams[c.script][c.register] = stream
	}
	return statusOf(err)
}

// stream does something to a call that is in a register, or to a token that may be none.
func (c *call) stream(operation string) string {
	stream, isKnown := streams[c.script][strings.TrimPrefix(c.word(0), "$")]
	message := c.bytes(1)
	switch {
	case isKnown && operation == "grpc_send":
		return statusOf(stream.Send(message, c.number(2) != 0))
	case isKnown && operation == "grpc_cancel":
		return statusOf(stream.Cancel())
	case isKnown:
		return statusOf(stream.Close())
	case operation == "grpc_send":
		return fmt.Sprint(hostGRPCSend(c.number(0), place(unsafe.SliceData(message)), uint32(len(message)), c.number(2)))
	case operation == "grpc_cancel":
		return fmt.Sprint(hostGRPCCancel(c.number(0)))
	}
	return fmt.Sprint(hostGRPCClose(c.number(0)))
}

// defineMetric takes kinds that there are none of, too.
func (c *call) defineMetric() string {
	name, metric := c.bytes(1), uint32(0)
	status := hostDefineMetric(c.number(0), place(unsafe.SliceData(name)), uint32(len(name)), place(&metric))
	if status != 0 {
		return fmt.Sprint(status)
	}
	return c.kept(metric, nil)
}

// place is where something is, for a call.
func place[T any](value *T) uint32 {
	return uint32(uintptr(unsafe.Pointer(value)))
}
