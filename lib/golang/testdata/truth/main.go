// Truth says what Go's own packages make of the same bytes.
//
//	truth functions FILE     each function of the program: entry, end, name (debug/gosym)
//	truth lines FILE STRIDE  address, function, file and line at every address (debug/gosym)
//	truth modules            each line of standard input is a module text as a JSON string; answers with what
//	                         runtime/debug.ParseBuildInfo makes of it, or null
//
// A program without .gopclntab needs its symbol table.
package main

import (
	"bufio"
	"debug/elf"
	"debug/gosym"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
)

func main() {
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	if err := run(out); err != nil {
		out.Flush()
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out *bufio.Writer) error {
	if os.Args[1] == "modules" {
		return modules(out)
	}
	table, err := open(os.Args[2])
	if err != nil {
		return err
	}
	if os.Args[1] == "functions" {
		for _, f := range table.Funcs {
			fmt.Fprintf(out, "%d\t%d\t%s\n", f.Entry, f.End, f.Name)
		}
		return nil
	}
	stride, err := strconv.ParseUint(os.Args[3], 10, 64)
	if err != nil {
		return err
	}
	last := table.Funcs[len(table.Funcs)-1].End
	for pc := table.Funcs[0].Entry; pc < last; pc += stride {
		if file, line, f := table.PCToLine(pc); f != nil {
			fmt.Fprintf(out, "%d\t%s\t%s\t%d\n", pc, f.Name, file, line)
		}
	}
	return nil
}

func open(path string) (*gosym.Table, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	symbols := map[string]uint64{}
	if all, err := file.Symbols(); err == nil {
		for _, symbol := range all {
			symbols[symbol.Name] = symbol.Value
		}
	}
	text, ok := symbols["runtime.text"]
	if !ok {
		text = file.Section(".text").Addr
	}
	data, err := tableBytes(file, symbols)
	if err != nil {
		return nil, err
	}
	return gosym.NewTable(nil, gosym.NewLineTable(data, text))
}

func tableBytes(file *elf.File, symbols map[string]uint64) ([]byte, error) {
	for _, name := range []string{".gopclntab", ".data.rel.ro.gopclntab"} {
		if section := file.Section(name); section != nil {
			return section.Data()
		}
	}
	start := symbols["runtime.pclntab"]
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_LOAD && segment.Vaddr <= start && start < segment.Vaddr+segment.Filesz {
			data := make([]byte, segment.Vaddr+segment.Filesz-start)
			_, err := segment.ReadAt(data, int64(start-segment.Vaddr))
			return data, err
		}
	}
	return nil, fmt.Errorf("%d: no function table", start)
}

func modules(out *bufio.Writer) error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for in.Scan() {
		var text string
		if err := json.Unmarshal(in.Bytes(), &text); err != nil {
			return err
		}
		info, _ := debug.ParseBuildInfo(text)
		if err := encoder.Encode(info); err != nil {
			return err
		}
	}
	return in.Err()
}
