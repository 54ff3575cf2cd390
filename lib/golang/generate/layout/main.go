// Layout prints where the fields of structs are, from a program's DWARF.
//
//	layout PROGRAM < requests
//
// A request is a line `runtime.g goid`: a struct and a path of fields, the names of their own structs left out where
// one is embedded. The answers are lines of the same order: `offset bytes`, or `-` where there is no such field. A
// request without a path asks for the struct's own size: `0 bytes`.
package main

import (
	"bufio"
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"os"
	"strings"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path string) error {
	file, err := elf.Open(path)
	if err != nil {
		return err
	}
	data, err := file.DWARF()
	if err != nil {
		return err
	}
	structs, err := readStructs(data)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		name, fields, _ := strings.Cut(lines.Text(), " ")
		offset, size, ok := find(structs[name], fields)
		if ok {
			fmt.Println(offset, size)
		} else {
			fmt.Println("-")
		}
	}
	return lines.Err()
}

func readStructs(data *dwarf.Data) (map[string]*dwarf.StructType, error) {
	structs := map[string]*dwarf.StructType{}
	reader := data.Reader()
	for {
		entry, err := reader.Next()
		if entry == nil || err != nil {
			return structs, err
		}
		if entry.Tag != dwarf.TagStructType {
			continue
		}
		if name, _ := entry.Val(dwarf.AttrName).(string); strings.HasPrefix(name, "runtime.") {
			if t, err := data.Type(entry.Offset); err == nil {
				structs[name], _ = t.(*dwarf.StructType)
			}
		}
	}
}

func find(in *dwarf.StructType, path string) (offset, size int64, ok bool) {
	if in == nil {
		return 0, 0, false
	}
	if path == "" {
		return 0, in.Size(), true
	}
	first, rest, _ := strings.Cut(path, ".")
	for _, field := range in.Field {
		inner, isStruct := underlying(field.Type).(*dwarf.StructType)
		if field.Name == first {
			if rest == "" {
				return field.ByteOffset, field.Type.Size(), true
			}
			if isStruct {
				offset, size, ok = find(inner, rest)
				return offset + field.ByteOffset, size, ok
			}
		}
		// An embedded struct: the compiler names the field after its type.
		if isStruct && field.Name == inner.StructName[strings.LastIndexByte(inner.StructName, '.')+1:] {
			if offset, size, ok = find(inner, path); ok {
				return offset + field.ByteOffset, size, true
			}
		}
	}
	return 0, 0, false
}

func underlying(t dwarf.Type) dwarf.Type {
	for {
		named, ok := t.(*dwarf.TypedefType)
		if !ok {
			return t
		}
		t = named.Type
	}
}
