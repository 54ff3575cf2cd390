package main

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"unsafe"
)

// script is what a case does: lines of `CALLBACK[#TIME] OPERATION ARGUMENTS`, of which a register may be the last
// (`>name`).
type script struct {
	lines     []line
	registers map[string][]byte
}

type line struct {
	callback string
	// time is which call of the callback in its context, from 1; 0 is each.
	time int
	text string
}

// scratch is where bytes are put at known places of the memory.
var scratch [4096]byte

func parseScript(text string) *script {
	parsed := &script{registers: make(map[string][]byte)}
	for each := range strings.Lines(text) {
		when, text, isThere := strings.Cut(strings.TrimSpace(each), " ")
		if !isThere {
			continue
		}
		callback, times, _ := strings.Cut(when, "#")
		time, _ := strconv.Atoi(times)
		parsed.lines = append(parsed.lines, line{callback, time, text})
	}
	return parsed
}

// at has the operations of a callback.
func (s *script) at(callback string, time int) []string {
	var texts []string
	for _, each := range s.lines {
		if each.callback == callback && (each.time == 0 || each.time == time) {
			texts = append(texts, each.text)
		}
	}
	return texts
}

func (s *script) keep(name string, number uint64) {
	s.registers[name] = binary.LittleEndian.AppendUint64(nil, number)
}

// number is `12`, `0xff`, `-1`, `$register`, `@8` (a place in the scratch buffer) or `!` (outside of the memory).
func (s *script) number(word string) int64 {
	if name, isRegister := strings.CutPrefix(word, "$"); isRegister {
		var bytes [8]byte
		copy(bytes[:], s.registers[name])
		return int64(binary.LittleEndian.Uint64(bytes[:]))
	}
	if offset, isPlace := strings.CutPrefix(word, "@"); isPlace {
		place, _ := strconv.Atoi(offset)
		return int64(uintptr(unsafe.Pointer(&scratch))) + int64(place)
	}
	if word == "!" {
		return 0xffff_fff0
	}
	number, _ := strconv.ParseInt(word, 0, 64)
	return number
}

// bytes of `-` are none, `%20` is a byte, `hex:00ff` bytes, `rep:3:x` is `xxx`, `u32:NUMBER` four bytes, `bytes:register`
// what is in it, `slice:3:register` without the first; all else is itself. Of several with `+` between them all.
func (s *script) bytes(word string) []byte {
	var bytes []byte
	for part := range strings.SplitSeq(word, "+") {
		bytes = append(bytes, s.part(part)...)
	}
	return bytes
}

func (s *script) part(word string) []byte {
	if word == "-" {
		return nil
	}
	kind, rest, _ := strings.Cut(word, ":")
	switch kind {
	case "hex":
		bytes, _ := hex.DecodeString(rest)
		return bytes
	case "rep":
		times, text, _ := strings.Cut(rest, ":")
		count, _ := strconv.Atoi(times)
		return []byte(strings.Repeat(text, count))
	case "u32":
		return binary.LittleEndian.AppendUint32(nil, uint32(s.number(rest)))
	case "bytes":
		return s.registers[rest]
	case "slice":
		start, name, _ := strings.Cut(rest, ":")
		from, _ := strconv.Atoi(start)
		bytes := s.registers[name]
		return bytes[min(from, len(bytes)):]
	}
	return unescape(word)
}

func unescape(word string) []byte {
	var bytes []byte
	for at := 0; at < len(word); at++ {
		if word[at] == '%' && at+2 < len(word) {
			byte, _ := hex.DecodeString(word[at+1 : at+3])
			bytes = append(bytes, byte...)
			at += 2
		} else {
			bytes = append(bytes, word[at])
		}
	}
	return bytes
}
