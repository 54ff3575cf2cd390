package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
)

// A message has its length before it, as has the answer: the message anew, or the text of the error with the highest bit
// of its length set.
func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		var length uint32
		if err := binary.Read(in, binary.LittleEndian, &length); err != nil {
			return
		}
		message := make([]byte, length)
		if _, err := io.ReadFull(in, message); err != nil {
			panic(err)
		}
		var kinds Kinds
		err := kinds.UnmarshalCapnp(message)
		if err == nil {
			message, err = kinds.MarshalCapnp()
		}
		length = uint32(len(message))
		if err != nil {
			message = []byte(err.Error())
			length = uint32(len(message)) | 1<<31
		}
		binary.Write(out, binary.LittleEndian, length)
		out.Write(message)
	}
}
