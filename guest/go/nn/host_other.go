//go:build !wasip1

package nn

func load([]byte) (Graph, error) { return Graph{}, UnsupportedOperation }

func loadByName(string) (Graph, error) { return Graph{}, UnsupportedOperation }

func (*Context) open(Graph) error { return UnsupportedOperation }

func (*Context) setInput(uint32) error { return UnsupportedOperation }

func (*Context) compute() error { return UnsupportedOperation }

func (*Context) output(_, _ uint32) (uint32, error) { return 0, UnsupportedOperation }
