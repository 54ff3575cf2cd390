package nn

// Graph is a model that the host has loaded.
type Graph struct {
	handle uint32
}

// Load has the host load an ONNX model. The bytes are not used afterwards.
func Load(model []byte) (Graph, error) {
	return load(model)
}

// LoadByName takes a model that the host has under a name.
func LoadByName(name string) (Graph, error) {
	return loadByName(name)
}

// NewContext makes what inputs are set in and outputs are read from. A graph may have several.
func (g Graph) NewContext() (*Context, error) {
	context := new(Context)
	if err := context.open(g); err != nil {
		return nil, err
	}
	return context, nil
}
