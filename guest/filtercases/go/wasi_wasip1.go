package main

import (
	"bytes"
	"fmt"
	"slices"
	"unsafe"
)

// The calls of WASI, of which a filter has few.

//go:wasmimport wasi_snapshot_preview1 environ_sizes_get
func environSizesGet(count, size uint32) uint32

//go:wasmimport wasi_snapshot_preview1 environ_get
func environGet(places, data uint32) uint32

//go:wasmimport wasi_snapshot_preview1 args_sizes_get
func argsSizesGet(count, size uint32) uint32

//go:wasmimport wasi_snapshot_preview1 args_get
func argsGet(places, data uint32) uint32

//go:wasmimport wasi_snapshot_preview1 clock_time_get
func clockTimeGet(clock uint32, precision uint64, time uint32) uint32

//go:wasmimport wasi_snapshot_preview1 random_get
func randomGet(data, size uint32) uint32

//go:wasmimport wasi_snapshot_preview1 fd_write
func fdWrite(fd, pieces, count, written uint32) uint32

//go:wasmimport wasi_snapshot_preview1 fd_read
func fdRead(fd, pieces, count, read uint32) uint32

//go:wasmimport wasi_snapshot_preview1 fd_seek
func fdSeek(fd uint32, offset int64, whence, place uint32) uint32

//go:wasmimport wasi_snapshot_preview1 fd_close
func fdClose(fd uint32) uint32

//go:wasmimport wasi_snapshot_preview1 fd_fdstat_get
func fdFdstatGet(fd, stat uint32) uint32

//go:wasmimport wasi_snapshot_preview1 fd_prestat_get
func fdPrestatGet(fd, stat uint32) uint32

//go:wasmimport wasi_snapshot_preview1 fd_prestat_dir_name
func fdPrestatDirName(fd, data, size uint32) uint32

//go:wasmimport wasi_snapshot_preview1 path_open
func pathOpen(fd, flags, path, size, open uint32, rights, inherited uint64, fdFlags, opened uint32) uint32

//go:wasmimport wasi_snapshot_preview1 path_filestat_get
func pathFilestatGet(fd, flags, path, size, stat uint32) uint32

//go:wasmimport wasi_snapshot_preview1 poll_oneoff
func pollOneoff(asked, events, count, told uint32) uint32

//go:wasmimport wasi_snapshot_preview1 sched_yield
func schedYield() uint32

//go:wasmimport wasi_snapshot_preview1 proc_exit
func procExit(code uint32)

func (c *call) wasi(operation string) string {
	fd := c.number(0)
	number, other := uint32(99), uint32(99)
	var room [8]uint64
	switch operation {
	case "environ":
		number, other = 0, 0
		status := environSizesGet(place(&number), place(&other))
		places, data := make([]uint32, number+1), make([]byte, other+1)
		got := environGet(place(unsafe.SliceData(places)), place(unsafe.SliceData(data)))
		parts := slices.DeleteFunc(bytes.Split(data, []byte{0}), func(part []byte) bool { return len(part) == 0 })
		slices.SortFunc(parts, bytes.Compare)
		return fmt.Sprint(status, number, other, got) + " " + quoted(bytes.Join(parts, []byte{' '}))
	case "args":
		status := argsSizesGet(place(&number), place(&other))
		return fmt.Sprint(status, number, other, argsGet(place(&room), place(&room)))
	case "clock":
		status := clockTimeGet(fd, 0, place(&room))
		return fmt.Sprintf("%d set=%t", status, room[0] != 0)
	case "random":
		status := randomGet(place(&room), c.number(0))
		return fmt.Sprintf("%d set=%t", status, room[0]|room[1] != 0)
	case "fd_write":
		text := append(c.bytes(1), 0)
		data, size := place(unsafe.SliceData(text)), uint32(len(text)-1)
		pieces, written := [4]uint32{data, size / 2, data + size/2, size - size/2}, uint32(0)
		status := fdWrite(fd, place(&pieces), 2, place(&written))
		return fmt.Sprint(status, written)
	case "fd_read":
		pieces := [2]uint32{place(&room), 16}
		return fmt.Sprint(fdRead(fd, place(&pieces), 1, place(&number)))
	case "fd_seek":
		return fmt.Sprint(fdSeek(fd, 0, 1, place(&room)))
	case "fd_close":
		return fmt.Sprint(fdClose(fd))
	case "fd_fdstat_get":
		room = [8]uint64{99, 99, 99}
		status := fdFdstatGet(fd, place(&room))
		return fmt.Sprintf("%d [%d, %d, %d]", status, room[0], room[1], room[2])
	case "fd_prestat_get":
		return fmt.Sprint(fdPrestatGet(fd, place(&room)))
	case "fd_prestat_dir_name":
		return fmt.Sprint(fdPrestatDirName(fd, place(&room), 16))
	case "path_open":
		path := c.bytes(1)
		return fmt.Sprint(pathOpen(fd, 0, place(unsafe.SliceData(path)), uint32(len(path)), 0, 2, 2, 0, place(&number)))
	case "path_filestat_get":
		path := c.bytes(1)
		return fmt.Sprint(pathFilestatGet(fd, 0, place(unsafe.SliceData(path)), uint32(len(path)), place(&room)))
	case "poll_oneoff":
		// One subscription to a clock, in a millisecond.
		asked := [6]uint64{7, 0, 0, 1_000_000}
		status := pollOneoff(place(&asked), place(&room), 1, place(&number))
		return fmt.Sprint(status, number)
	case "sched_yield":
		return fmt.Sprint(schedYield())
	case "proc_exit":
		procExit(c.number(0))
		return "returned"
	case "wasi_wild":
		return wasiWild()
	}
	return "no such operation"
}

func wasiWild() string {
	const wild = 0xffff_fff0
	pieces, written := [2]uint32{wild, 4}, uint32(0)
	answers := []uint32{
		environSizesGet(wild, wild),
		argsSizesGet(wild, wild),
		clockTimeGet(0, 0, wild),
		randomGet(wild, 8),
		fdWrite(1, wild, 1, place(&written)),
		fdWrite(1, place(&pieces), 1, place(&written)),
		fdFdstatGet(1, wild),
	}
	text := fmt.Sprint(answers)
	return string(bytes.ReplaceAll([]byte(text), []byte(" "), []byte(", ")))
}
