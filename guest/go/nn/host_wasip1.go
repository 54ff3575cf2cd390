package nn

import "unsafe"

const (
	encodingONNX = 1
	targetCPU    = 0
)

//go:wasmimport wasi_ephemeral_nn load
//go:noescape
func hostLoad(builders unsafe.Pointer, count, encoding, target uint32, graph *uint32) uint32

//go:wasmimport wasi_ephemeral_nn load_by_name
//go:noescape
func hostLoadByName(name string, graph *uint32) uint32

//go:wasmimport wasi_ephemeral_nn init_execution_context
//go:noescape
func hostInitExecutionContext(graph uint32, context *uint32) uint32

//go:wasmimport wasi_ephemeral_nn set_input
//go:noescape
func hostSetInput(context, index uint32, tensor unsafe.Pointer) uint32

//go:wasmimport wasi_ephemeral_nn compute
//go:noescape
func hostCompute(context uint32) uint32

//go:wasmimport wasi_ephemeral_nn get_output
//go:noescape
func hostGetOutput(context, index uint32, buffer unsafe.Pointer, size uint32, length *uint32) uint32

// piece is a pointer and a length as the host knows them. What it points to is kept beside it, on the heap.
type piece struct {
	pointer, length uint32
	model           []byte
}

func load(model []byte) (Graph, error) {
	at := &piece{length: uint32(len(model)), model: model}
	at.pointer = address(unsafe.Pointer(unsafe.SliceData(at.model)))
	var graph Graph
	code := hostLoad(unsafe.Pointer(at), 1, encodingONNX, targetCPU, &graph.handle)
	at.model = nil
	return graph, errorOf(code)
}

func loadByName(name string) (Graph, error) {
	var graph Graph
	code := hostLoadByName(name, &graph.handle)
	return graph, errorOf(code)
}

func (c *Context) open(graph Graph) error {
	return errorOf(hostInitExecutionContext(graph.handle, &c.handle))
}

func (c *Context) setInput(index uint32) error {
	c.tensor.dimensions = address(unsafe.Pointer(&c.dimensions))
	c.tensor.data = address(c.data)
	return errorOf(hostSetInput(c.handle, index, unsafe.Pointer(&c.tensor)))
}

func (c *Context) compute() error {
	return errorOf(hostCompute(c.handle))
}

func (c *Context) output(index, size uint32) (uint32, error) {
	code := hostGetOutput(c.handle, index, c.data, size, &c.length)
	return c.length, errorOf(code)
}

func address(pointer unsafe.Pointer) uint32 {
	return uint32(uintptr(pointer))
}
