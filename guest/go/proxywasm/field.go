package proxywasm

import (
	"encoding/binary"
	"unsafe"
)

// Field is a header, a trailer, or a piece of metadata. The host has names in lower-case.
type Field struct {
	Name, Value string
}

// appendFields encodes fields as the ABI has them: their count, the lengths of each name and value, and each name and
// value with a zero behind it. No field is no bytes.
func appendFields(to []byte, fields []Field) []byte {
	if len(fields) == 0 {
		return to
	}
	to = binary.LittleEndian.AppendUint32(to, uint32(len(fields)))
	for index := range fields {
		to = binary.LittleEndian.AppendUint32(to, uint32(len(fields[index].Name)))
		to = binary.LittleEndian.AppendUint32(to, uint32(len(fields[index].Value)))
	}
	for index := range fields {
		to = append(append(to, fields[index].Name...), 0)
		to = append(append(to, fields[index].Value...), 0)
	}
	return to
}

// parseFields decodes what appendFields encodes. The fields are made of the very bytes, which nobody may change then.
func parseFields(bytes []byte) ([]Field, error) {
	if len(bytes) < 4 {
		return nil, nil
	}
	count := uint64(binary.LittleEndian.Uint32(bytes))
	at := 4 + count*8
	if at > uint64(len(bytes)) {
		return nil, ParseFailure
	}
	text := unsafe.String(unsafe.SliceData(bytes), len(bytes))
	next := func(length uint32) (string, bool) {
		end := at + uint64(length)
		if end >= uint64(len(text)) {
			return "", false
		}
		piece := text[at:end]
		at = end + 1
		return piece, true
	}
	fields := make([]Field, count)
	for index := range fields {
		lengths := bytes[4+index*8:]
		name, isName := next(binary.LittleEndian.Uint32(lengths))
		value, isValue := next(binary.LittleEndian.Uint32(lengths[4:]))
		if !isName || !isValue {
			return nil, ParseFailure
		}
		fields[index] = Field{name, value}
	}
	return fields, nil
}
