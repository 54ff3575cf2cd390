package nn

import "unsafe"

const (
	rankMax = 32
	// outputBytesMax is how far ReadOutput goes.
	outputBytesMax = 256 << 20
)

// Context has the inputs and outputs of one who uses a Graph. It is not for several goroutines at once.
type Context struct {
	handle uint32
	// Here and not on the stack, which may move while the host is told where they are.
	tensor     tensor
	dimensions [rankMax]uint32
	data       unsafe.Pointer
	length     uint32
}

// tensor is wasi-nn's record; pointers have 4 bytes there.
type tensor struct {
	dimensions, rank uint32
	elementType      uint8
	_                [3]uint8
	data, length     uint32
}

// SetInput copies data into an input, whose shape is that. It stays for further computations.
func SetInput[T Element](c *Context, index int, shape []int, data []T) error {
	if len(shape) > rankMax || index < 0 {
		return InvalidArgument
	}
	for place, size := range shape {
		if size < 0 || int64(size) > 1<<32-1 {
			return InvalidArgument
		}
		c.dimensions[place] = uint32(size)
	}
	c.tensor.rank = uint32(len(shape))
	c.tensor.elementType = tensorType[T]()
	c.tensor.length = uint32(len(data) * sizeOf[T]())
	c.data = unsafe.Pointer(unsafe.SliceData(data))
	err := c.setInput(uint32(index))
	c.data = nil
	return err
}

// Compute makes the outputs from the inputs. Other goroutines do not run meanwhile.
func (c *Context) Compute() error {
	return c.compute()
}

// Output copies an output into buffer and says how many elements it has. wasi-nn does not say of what type they are:
// T is to be that of the model. TooLarge where they do not fit.
func Output[T Element](c *Context, index int, buffer []T) (int, error) {
	if index < 0 {
		return 0, InvalidArgument
	}
	c.data = unsafe.Pointer(unsafe.SliceData(buffer))
	size, err := c.output(uint32(index), uint32(len(buffer)*sizeOf[T]()))
	c.data = nil
	if err != nil {
		return 0, err
	}
	if int(size)%sizeOf[T]() != 0 {
		return 0, InvalidArgument
	}
	return int(size) / sizeOf[T](), nil
}

// ReadOutput is Output with a buffer of its own, however large the output is.
func ReadOutput[T Element](c *Context, index int) ([]T, error) {
	for count := 1024; ; count *= 4 {
		buffer := make([]T, count)
		read, err := Output(c, index, buffer)
		if err == nil {
			return buffer[:read], nil
		}
		if err != TooLarge || count*sizeOf[T]() >= outputBytesMax {
			return nil, err
		}
	}
}
