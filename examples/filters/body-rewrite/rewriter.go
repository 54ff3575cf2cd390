package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// rewriter is what happens to bodies.
type rewriter struct {
	// Redact is names of JSON fields, wherever they are.
	Redact []string
	// Replace is done in this order, in JSON after it.
	Replace []struct{ Find, With string }
}

const redacted = "***"

func (r *rewriter) rewrite(body []byte, isJSON bool) ([]byte, error) {
	if isJSON && len(r.Redact) > 0 {
		var err error
		if body, err = r.redactJSON(body); err != nil {
			return nil, err
		}
	}
	for _, replacement := range r.Replace {
		body = bytes.ReplaceAll(body, []byte(replacement.Find), []byte(replacement.With))
	}
	return body, nil
}

func (r *rewriter) redactJSON(body []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	// Numbers stay as they are written, however large.
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("there is something behind the JSON")
	}
	var written bytes.Buffer
	encoder := json.NewEncoder(&written)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(r.redactValue(value))
	return bytes.TrimSuffix(written.Bytes(), []byte("\n")), err
}

func (r *rewriter) redactValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			if slices.Contains(r.Redact, name) {
				value[name] = redacted
			} else {
				value[name] = r.redactValue(inner)
			}
		}
	case []any:
		for index, inner := range value {
			value[index] = r.redactValue(inner)
		}
	}
	return value
}
