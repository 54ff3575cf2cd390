// Filtercases is a filter that does what its configuration says, and writes down what it sees of it. One script is a
// case of e2e/filters; guest/filtercases/rust does the same with the crate for Rust.
package main

import (
	"strings"

	"example.com/quadrant/guest/proxywasm"
)

func init() {
	proxywasm.RegisterDefault(func(id proxywasm.ContextID) proxywasm.PluginContext {
		return &plugin{follower: follower{id: id, isRoot: true, script: started}}
	})
	proxywasm.RegisterVM(virtualMachine{})
}

func main() {}

// say writes a line of the transcript.
func say(line string) {
	proxywasm.Info.Log("~ " + strings.TrimRight(line, " "))
}
