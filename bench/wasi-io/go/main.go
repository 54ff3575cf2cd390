// Command wasiio does what the benchmark wasi-io compares hosts by. Each line that it reads is a task, and what it
// writes for it how long that took: {"ns": 1234, "checksum": 5}.
package main

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	manyCount  = 500
	manyBytes  = 4 << 10
	largeBytes = 32 << 20
	pieceBytes = 64 << 10
)

func main() {
	root := os.Args[1]
	if root == "serve" {
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if root == "load" {
		loads()
		return
	}
	tasks := map[string]func(string) (int, error){
		"write many":  writeMany,
		"read many":   readMany,
		"stat many":   statMany,
		"write large": writeLarge,
		"read large":  readLarge,
		"small reads": smallReads,
		"make tree":   makeTree,
		"walk":        walk,
		"list":        list,
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		start := time.Now()
		checksum, err := tasks[lines.Text()](root)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Printf("{\"ns\": %d, \"checksum\": %d}\n", time.Since(start).Nanoseconds(), checksum)
	}
}

// loads does as each line says: URL CONNECTIONS REQUESTS.
func loads() {
	for {
		var url string
		var connections, requests int
		if _, err := fmt.Scan(&url, &connections, &requests); err != nil {
			return
		}
		took, err := load(url, connections, requests)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Printf("{\"ns\": %d}\n", took.Nanoseconds()/int64(requests))
	}
}

func name(root string, index int) string {
	return filepath.Join(root, "many", "file-"+strconv.Itoa(index))
}

func writeMany(root string) (int, error) {
	if err := os.MkdirAll(filepath.Join(root, "many"), 0o755); err != nil {
		return 0, err
	}
	content := make([]byte, manyBytes)
	for index := range manyCount {
		if err := os.WriteFile(name(root, index), content, 0o644); err != nil {
			return 0, err
		}
	}
	return manyCount, nil
}

func readMany(root string) (int, error) {
	total := 0
	for index := range manyCount {
		content, err := os.ReadFile(name(root, index))
		if err != nil {
			return 0, err
		}
		total += len(content)
	}
	return total, nil
}

func statMany(root string) (int, error) {
	total := 0
	for index := range manyCount {
		info, err := os.Stat(name(root, index))
		if err != nil {
			return 0, err
		}
		total += int(info.Size())
	}
	return total, nil
}

func writeLarge(root string) (int, error) {
	file, err := os.Create(filepath.Join(root, "large"))
	if err != nil {
		return 0, err
	}
	piece := make([]byte, pieceBytes)
	for range largeBytes / pieceBytes {
		if _, err := file.Write(piece); err != nil {
			return 0, err
		}
	}
	return largeBytes, file.Close()
}

func readLarge(root string) (int, error) {
	return readBy(root, make([]byte, pieceBytes), largeBytes)
}

// smallReads reads what a parser without a buffer would.
func smallReads(root string) (int, error) {
	return readBy(root, make([]byte, 64), 20_000*64)
}

func readBy(root string, piece []byte, bytes int) (int, error) {
	file, err := os.Open(filepath.Join(root, "large"))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	total := 0
	for total < bytes {
		count, err := file.Read(piece)
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
		total += count
	}
	return total, nil
}

// makeTree makes 10 directories with 10 each, with 10 files each.
func makeTree(root string) (int, error) {
	for index := range 1000 {
		digits := fmt.Sprintf("%03d", index)
		folder := filepath.Join(root, "tree", strings.Join(strings.Split(digits[:2], ""), "/"))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return 0, err
		}
		if err := os.WriteFile(filepath.Join(folder, digits), nil, 0o644); err != nil {
			return 0, err
		}
	}
	return 1000, nil
}

func walk(root string) (int, error) {
	count := 0
	err := filepath.WalkDir(filepath.Join(root, "tree"), func(_ string, _ fs.DirEntry, err error) error {
		count++
		return err
	})
	return count, err
}

// list reads one directory with many files.
func list(root string) (int, error) {
	entries, err := os.ReadDir(filepath.Join(root, "many"))
	return len(entries), err
}
