// Command nnprog is what runs inside the WASI host in tests of inference and in its benchmark.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"example.com/quadrant/guest/nn"
)

func main() {
	tasks := map[string]func(args []string) error{
		"types":   types,
		"errors":  mistakes,
		"compute": compute,
		"bench":   bench,
	}
	task, ok := tasks[os.Args[1]]
	if !ok {
		fmt.Fprintln(os.Stderr, "no task", os.Args[1])
		os.Exit(64)
	}
	if err := task(os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// types has models named identity-TYPE hand back what they get.
func types([]string) error {
	same("f16", []nn.Float16{0x3e00, 0xc000, 0x3400, 0x7bff})
	same("f32", []float32{1.5, -2, 0.25, 3e38})
	same("f64", []float64{1.5, -2, 1e300, 5e-324})
	same("u8", []uint8{0, 255, 7, 128})
	same("i32", []int32{-1 << 31, 1<<31 - 1, 0, -1})
	same("i64", []int64{-1 << 63, 1<<63 - 1, 0, -1})
	same("bf16", []nn.BFloat16{0x3fc0, 0xc000, 0, 0x7f7f})
	return nil
}

func same[T nn.Element](name string, data []T) {
	var output []T
	context, err := open("identity-" + name)
	if err == nil {
		err = nn.SetInput(context, 0, []int{2, 2}, data)
	}
	if err == nil {
		err = context.Compute()
	}
	if err == nil {
		output, err = nn.ReadOutput[T](context, 0)
	}
	fmt.Println(name, reflect.DeepEqual(data, output), err)
}

func open(name string) (*nn.Context, error) {
	graph, err := nn.LoadByName(name)
	if err != nil {
		return nil, err
	}
	return graph.NewContext()
}

// mistakes prints what each is answered with.
func mistakes([]string) error {
	_, err := nn.LoadByName("no-such-model")
	fmt.Println("name:", err)
	_, err = nn.Load([]byte("no model"))
	fmt.Println("bytes:", err)
	_, err = nn.Load(nil)
	fmt.Println("nothing:", err)
	context, err := open("identity-f32")
	if err != nil {
		return err
	}
	fmt.Println("missing input:", context.Compute())
	_, err = nn.ReadOutput[float32](context, 0)
	fmt.Println("no output yet:", err)
	fmt.Println("type:", nn.SetInput(context, 0, []int{2, 2}, make([]int32, 4)))
	fmt.Println("shape:", nn.SetInput(context, 0, []int{4}, make([]float32, 4)))
	fmt.Println("length:", nn.SetInput(context, 0, []int{2, 2}, make([]float32, 3)))
	fmt.Println("index:", nn.SetInput(context, 1, []int{2, 2}, make([]float32, 4)))
	fmt.Println("negative:", nn.SetInput(context, 0, []int{-1, 2}, make([]float32, 4)))
	if err := nn.SetInput(context, 0, []int{900, 2}, make([]float32, 1800)); err != nil {
		return err
	}
	fmt.Println("compute:", context.Compute())
	_, err = nn.Output(context, 0, make([]float32, 1799))
	fmt.Println("buffer:", err)
	output, err := nn.ReadOutput[float32](context, 0)
	fmt.Println("output:", len(output), err)
	return nil
}

// compute loads the model of a file, sets its one input to the numbers of another, and prints the output.
//
//	compute MODEL INPUT SHAPE
func compute(args []string) error {
	model, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	graph, err := nn.Load(model)
	if err != nil {
		return err
	}
	context, err := graph.NewContext()
	if err != nil {
		return err
	}
	input, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	data := make([]float32, len(input)/4)
	if _, err := binary.Decode(input, binary.LittleEndian, data); err != nil {
		return err
	}
	if err := nn.SetInput(context, 0, shapeOf(args[2]), data); err != nil {
		return err
	}
	if err := context.Compute(); err != nil {
		return err
	}
	output, err := nn.ReadOutput[float32](context, 0)
	for _, value := range output {
		fmt.Println(value)
	}
	return err
}

func shapeOf(text string) []int {
	var shape []int
	for _, size := range strings.Split(text, ",") {
		number, _ := strconv.Atoi(size)
		shape = append(shape, number)
	}
	return shape
}

// bench sets an input, computes and reads the output, as often as a line of stdin says, and prints the nanoseconds.
//
//	bench NAME SHAPE OUTPUTS
func bench(args []string) error {
	context, err := open(args[0])
	if err != nil {
		return err
	}
	shape := shapeOf(args[1])
	size := 1
	for _, one := range shape {
		size *= one
	}
	input := make([]float32, size)
	for place := range input {
		input[place] = 0.5
	}
	outputs, _ := strconv.Atoi(args[2])
	output := make([]float32, outputs)
	for {
		var count int
		if _, err := fmt.Scanln(&count); err != nil {
			return nil
		}
		begun := time.Now()
		for range count {
			if err := nn.SetInput(context, 0, shape, input); err != nil {
				return err
			}
			if err := context.Compute(); err != nil {
				return err
			}
			if _, err := nn.Output(context, 0, output); err != nil {
				return err
			}
		}
		fmt.Println(time.Since(begun).Nanoseconds())
	}
}
