package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

// closed closes all that the program was given, waits a while, and ends as its argument says.
func closed(args []string) error {
	for fd := range 10 {
		syscall.Close(fd)
	}
	fmt.Println("nobody sees this")
	time.Sleep(5 * time.Millisecond)
	runtime.GC()
	switch args[0] {
	case "panic":
		go panic("nor this")
		select {}
	case "deadlock":
		select {}
	case "exit":
		os.Exit(7)
	}
	return nil
}

// hoard opens files until there are no more to be had, and goes on with what it has.
func hoard(args []string) error {
	var files []*os.File
	for {
		file, err := os.Open(args[0])
		if err != nil {
			fmt.Println("refused:", errors.Is(err, syscall.EMFILE))
			break
		}
		files = append(files, file)
	}
	fmt.Println("has", len(files))
	for _, file := range files {
		if err := file.Close(); err != nil {
			return err
		}
	}
	file, err := os.Open(args[0])
	if err != nil {
		return err
	}
	return file.Close()
}

// deep calls itself until the stack that Go allows is over, which is more than any host has.
func deep([]string) error {
	fmt.Println(deeper(0))
	return nil
}

//go:noinline
func deeper(depth int) int {
	if depth < 0 {
		return 0
	}
	return deeper(depth+1) + 1
}
