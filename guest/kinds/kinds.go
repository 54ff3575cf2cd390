// Every kind of Go that crosses: reads messages on stdin, and writes each as it writes it itself.
package main

import "time"

type Color int8

type Celsius float32

type Point struct{ X, Y int32 }

type Kinds struct {
	Bool      bool
	Int       int
	I8        int8
	I16       int16
	I32       int32
	I64       int64
	Uint      uint
	U8        uint8
	U16       uint16
	U32       uint32
	U64       uint64
	F32       float32
	F64       float64
	C64       complex64
	C128      complex128
	Text      string
	Data      []byte
	Hash      [4]byte
	Color     Color
	Temp      Celsius
	Wait      time.Duration
	Point     Point
	Maybe     *Point
	Next      *Kinds
	Bools     []bool
	Ints      []int
	I8s       []int8
	U16s      []uint16
	F32s      []float32
	F64s      []float64
	Complexes []complex128
	Texts     []string
	Datas     [][]byte
	Points    []Point
	PointPtrs []*Point
	Matrix    [][]float64
	Fixed     [3]int16
	Colors    []Color
	ByName    map[string]Point
	Counts    map[int32]uint64
	Nested    map[string][]string
	Deep      map[uint8]map[string]int64
	hidden    chan int
	Skipped   func() `capnp:"-"`
}
