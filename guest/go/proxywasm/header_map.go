package proxywasm

// HeaderMap is header or trailer fields that the host has, within the callbacks that tell of them.
type HeaderMap uint32

const (
	RequestHeaders   HeaderMap = 0
	RequestTrailers  HeaderMap = 1
	ResponseHeaders  HeaderMap = 2
	ResponseTrailers HeaderMap = 3
	// GRPCInitialMetadata is that of a call, within GRPCHandler.OnInitialMetadata.
	GRPCInitialMetadata HeaderMap = 4
	// GRPCTrailingMetadata is that of a call, within GRPCHandler.OnTrailingMetadata.
	GRPCTrailingMetadata HeaderMap = 5
	// CallHeaders is the response to an HTTPCall.
	CallHeaders HeaderMap = 6
	// CallTrailers is what came behind the response to an HTTPCall.
	CallTrailers HeaderMap = 7
)

// Get is the value of a field, of the first one with this name or of all, joined by commas, as the host has it.
// NotFound where there is none.
func (m HeaderMap) Get(name string) (string, error) {
	bytes, err := m.value(name)
	return string(bytes), err
}

// AppendValue is Get that allocates nothing where to has room.
func (m HeaderMap) AppendValue(to []byte, name string) ([]byte, error) {
	bytes, err := m.value(name)
	return append(to, bytes...), err
}

func (m HeaderMap) value(name string) ([]byte, error) {
	borrow()
	if status := hostGetHeaderMapValue(uint32(m), name, &answer.data, &answer.size); status != 0 {
		return nil, Status(status)
	}
	return answered(), nil
}

// Set puts a value in place of all that the field has.
func (m HeaderMap) Set(name, value string) error {
	return errorOf(hostReplaceHeaderMapValue(uint32(m), name, value))
}

// Add puts a value beside those that the field has.
func (m HeaderMap) Add(name, value string) error {
	return errorOf(hostAddHeaderMapValue(uint32(m), name, value))
}

// Remove takes the field away. It is no error that there is none.
func (m HeaderMap) Remove(name string) error {
	return errorOf(hostRemoveHeaderMapValue(uint32(m), name))
}

// Fields is all there are, in their order.
func (m HeaderMap) Fields() ([]Field, error) {
	own()
	if status := hostGetHeaderMapPairs(uint32(m), &answer.data, &answer.size); status != 0 {
		return nil, Status(status)
	}
	return parseFields(answered())
}

// SetFields puts fields in place of all there are.
func (m HeaderMap) SetFields(fields []Field) error {
	encoded := encode(fields)
	return errorOf(hostSetHeaderMapPairs(uint32(m), encoded))
}

// Size is how many bytes the names and values have.
func (m HeaderMap) Size() (int, error) {
	status := hostGetHeaderMapSize(uint32(m), &answer.size)
	return int(answer.size), errorOf(status)
}

// encoded is what is told to the host in one call, and used again in the next.
var encoded []byte

// encode is valid until it is called again.
func encode(fields []Field) string {
	if cap(encoded) > scratchBytesMax {
		encoded = nil
	}
	encoded = appendFields(encoded[:0], fields)
	return textOf(encoded)
}
