package nn

import "unsafe"

// Float16 is a number of 16 bits (IEEE 754 binary16), by its bits.
type Float16 uint16

// BFloat16 is the upper half of a float32, by its bits. wasi-nn's witx has no number for it: Quadrant's host takes 6.
type BFloat16 uint16

// Element is what a tensor can be made of.
type Element interface {
	float32 | float64 | uint8 | int32 | int64 | Float16 | BFloat16
}

const (
	tensorF16 = iota
	tensorF32
	tensorF64
	tensorU8
	tensorI32
	tensorI64
	tensorBF16
)

func tensorType[T Element]() uint8 {
	var zero T
	switch any(zero).(type) {
	case Float16:
		return tensorF16
	case float32:
		return tensorF32
	case float64:
		return tensorF64
	case uint8:
		return tensorU8
	case int32:
		return tensorI32
	case int64:
		return tensorI64
	default:
		return tensorBF16
	}
}

func sizeOf[T Element]() int {
	var zero T
	return int(unsafe.Sizeof(zero))
}
