package main

import (
	"errors"
	"fmt"
	"strings"

	"example.com/quadrant/guest/proxywasm"
)

const shownBytes = 160

// quoted writes bytes down: all that is not printable as `%00`, and of what is long the begin and the size.
func quoted(bytes []byte) string {
	text := &strings.Builder{}
	text.WriteByte('"')
	for _, each := range bytes[:min(shownBytes, len(bytes))] {
		if each >= 0x20 && each < 0x7f && each != '"' && each != '%' {
			text.WriteByte(each)
		} else {
			fmt.Fprintf(text, "%%%02x", each)
		}
	}
	text.WriteByte('"')
	if len(bytes) > shownBytes {
		fmt.Fprintf(text, "… of %d", len(bytes))
	}
	return text.String()
}

func fieldsText(fields []proxywasm.Field) string {
	var texts []string
	for _, field := range fields {
		texts = append(texts, bare(field.Name)+"="+bare(field.Value))
	}
	return "[" + strings.Join(texts, " ") + "]"
}

func bare(text string) string {
	inner := strings.Replace(quoted([]byte(text))[1:], `"`, "", 1)
	return strings.ReplaceAll(inner, " ", "%20")
}

// statusOf is the number that the host gave.
func statusOf(err error) string {
	var status proxywasm.Status
	if errors.As(err, &status) {
		return fmt.Sprint(uint32(status))
	}
	if err != nil {
		return err.Error()
	}
	return "0"
}

// given is the status, with what a call gave.
func given(bytes []byte, err error) string {
	if err != nil {
		return statusOf(err)
	}
	return "0 " + quoted(bytes)
}
