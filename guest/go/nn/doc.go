// Package nn has models compute outside of the program, by wasi-nn (wasi_ephemeral_nn), which Quadrant and other hosts
// offer to programs built with GOOS=wasip1:
//
//	quadrant wasm run app.wasm --nn digits=digits.onnx
//
//	graph, err := nn.LoadByName("digits")
//	context, err := graph.NewContext()
//	err = nn.SetInput(context, 0, []int{1, 3, 28, 28}, pixels)
//	err = context.Compute()
//	count, err := nn.Output(context, 0, scores)
//
// wasi-nn has no call to give back a graph or a context: make them once and use them again. Built for any other system
// every call fails with UnsupportedOperation.
package nn
