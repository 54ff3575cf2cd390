package proxywasm

// Buffer is bytes that the host has, within the callbacks that tell of them.
type Buffer uint32

const (
	RequestBody    Buffer = 0
	ResponseBody   Buffer = 1
	DownstreamData Buffer = 2
	UpstreamData   Buffer = 3
	// CallBody is the response to an HTTPCall.
	CallBody Buffer = 4
	// GRPCMessage is what came to a call.
	GRPCMessage         Buffer = 5
	VMConfiguration     Buffer = 6
	PluginConfiguration Buffer = 7
	// ForeignArguments is what OnForeignFunction is called with.
	ForeignArguments Buffer = 8
)

// end is behind whatever a buffer has.
const end = 1<<32 - 1

// Bytes is all that there is.
func (b Buffer) Bytes() ([]byte, error) {
	return b.Read(0, end)
}

// Read is up to sizeMax bytes from start on. BadArgument, or no bytes, where start is behind the end.
func (b Buffer) Read(start, sizeMax int) ([]byte, error) {
	own()
	return b.read(start, sizeMax)
}

// AppendTo is Read that allocates nothing where to has room, for up to 64 KiB at once.
func (b Buffer) AppendTo(to []byte, start, sizeMax int) ([]byte, error) {
	borrow()
	bytes, err := b.read(start, sizeMax)
	return append(to, bytes...), err
}

func (b Buffer) read(start, sizeMax int) ([]byte, error) {
	status := hostGetBufferBytes(uint32(b), uint32(start), uint32(min(sizeMax, end)), &answer.data, &answer.size)
	if status != 0 {
		return nil, Status(status)
	}
	return answered(), nil
}

// Size is how many bytes there are.
func (b Buffer) Size() (int, error) {
	status := hostGetBufferStatus(uint32(b), &answer.size, &answer.number2)
	return int(answer.size), errorOf(status)
}

// Replace puts bytes in place of all that there is.
func (b Buffer) Replace(bytes []byte) error {
	return b.Splice(0, end, bytes)
}

// Append puts bytes behind what there is.
func (b Buffer) Append(bytes []byte) error {
	return b.Splice(end, 0, bytes)
}

// Prepend puts bytes in front of what there is.
func (b Buffer) Prepend(bytes []byte) error {
	return b.Splice(0, 0, bytes)
}

// Splice puts bytes in place of size bytes from start on. Not every host does that anywhere but at the ends.
func (b Buffer) Splice(start, size int, bytes []byte) error {
	return errorOf(hostSetBufferBytes(uint32(b), uint32(start), uint32(min(size, end)), textOf(bytes)))
}
