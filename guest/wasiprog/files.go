package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// files does with the directory that it is given what there is to do with one.
func files(args []string) error {
	root := args[0]
	at := func(path string) string { return filepath.Join(root, path) }
	tell := func(what string, err error) {
		// Texts differ from system to system: what errors are is the same.
		var errno syscall.Errno
		if errors.As(err, &errno) {
			fmt.Printf("%s: errno %d\n", what, int(errno))
			return
		}
		fmt.Printf("%s: %v\n", what, err)
	}

	tell("mkdir", os.MkdirAll(at("a/b/c"), 0o755))
	tell("mkdir again", os.Mkdir(at("a"), 0o755))
	tell("write", os.WriteFile(at("a/text"), []byte("hello, file"), 0o644))
	tell("exclusive", touch(at("a/text"), os.O_EXCL))
	tell("write below a file", os.WriteFile(at("a/text/x"), nil, 0o644))
	content, err := os.ReadFile(at("a/text"))
	tell("read "+string(content), err)
	_, err = os.ReadFile(at("missing"))
	tell("read missing", err)
	_, err = os.ReadFile(at("a"))
	tell("read directory", err)

	tell("append", appendTo(at("a/text"), "; more"))
	tell("seek", seek(at("a/text")))
	tell("truncate", os.Truncate(at("a/text"), 5))
	content, err = os.ReadFile(at("a/text"))
	tell("read "+string(content), err)

	tell("symlink", os.Symlink("../text", at("a/b/link")))
	target, err := os.Readlink(at("a/b/link"))
	tell("readlink "+target, err)
	content, err = os.ReadFile(at("a/b/link"))
	tell("read link "+string(content), err)
	tell("loop", os.Symlink("loop", at("loop")))
	_, err = os.ReadFile(at("loop"))
	tell("read loop", err)
	tell("dangling", os.Symlink("nowhere", at("dangling")))
	_, err = os.ReadFile(at("dangling"))
	tell("read dangling", err)
	tell("out", os.Symlink("../../../../etc", at("out")))
	_, err = os.ReadFile(at("out/passwd"))
	tell("read out", err)

	tell("link", os.Link(at("a/text"), at("twin")))
	tell("rename", os.Rename(at("twin"), at("a/b/c/moved")))
	tell("rename over directory", os.Rename(at("a/text"), at("a/b")))
	tell("rename into itself", os.Rename(at("a"), at("a/b/a")))
	when := time.Unix(1_600_000_000, 0)
	tell("chtimes", os.Chtimes(at("a/text"), when, when))
	info, err := os.Stat(at("a/text"))
	if err != nil {
		return err
	}
	fmt.Println("stat", info.Name(), info.Size(), info.Mode().IsRegular(), info.ModTime().Equal(when))

	for index := range 150 {
		if err := os.WriteFile(at(fmt.Sprintf("a/many-%03d-%s", index, strings.Repeat("x", index))), nil, 0o644); err != nil {
			return err
		}
	}
	tell("walk", filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil {
			fmt.Println(strings.TrimPrefix(path, root), entry.Type())
		}
		return err
	}))
	tell("remove", os.Remove(at("a/b")))
	tell("unlink directory", syscall.Unlink(at("a/b")))
	tell("rmdir file", syscall.Rmdir(at("a/text")))
	tell("remove all", os.RemoveAll(at("a")))
	_, err = os.Stat(at("a"))
	tell("gone", err)
	return nil
}

func touch(path string, flags int) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|flags, 0o644)
	if err != nil {
		return err
	}
	return file.Close()
}

func appendTo(path, text string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := file.WriteString(text); err != nil {
		return err
	}
	return file.Close()
}

func seek(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Seek(-4, io.SeekEnd); err != nil {
		return err
	}
	rest, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	if _, err := file.WriteAt([]byte("HELLO"), 0); err != nil {
		return err
	}
	start := make([]byte, 7)
	if _, err := file.ReadAt(start, 0); err != nil {
		return err
	}
	fmt.Println("rest", string(rest), "start", string(start))
	_, err = file.Seek(-1, io.SeekStart)
	return err
}
