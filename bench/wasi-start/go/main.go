// Reads settings in YAML and an image, and says what both are: a small program that takes two libraries.
package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/png"
	"io"
	"os"

	"gopkg.in/yaml.v3"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var settings struct {
		Name  string
		Sizes []int
		Image string
	}
	if err := yaml.Unmarshal(text, &settings); err != nil {
		panic(err)
	}
	data, err := base64.StdEncoding.DecodeString(settings.Image)
	if err != nil {
		panic(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	sum := 0
	for _, size := range settings.Sizes {
		sum += size
	}
	fmt.Println(settings.Name, sum, picture.Bounds().Dx(), picture.Bounds().Dy())
}
