package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
)

// A few bytes of PNG can say that they are a huge picture.
const pixelsMax = 4096 * 4096

func decode(body io.Reader) (image.Image, error) {
	content, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	head, err := png.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	if head.Width*head.Height > pixelsMax {
		return nil, fmt.Errorf("%d × %d pixels are too many", head.Width, head.Height)
	}
	return png.Decode(bytes.NewReader(content))
}

// preprocess makes a picture a tensor of [1, 3, size, size]: each pixel is the average of those that it covers, from 0
// to 1, less the mean and by the deviation of its channel.
func preprocess(settings *config, picture image.Image, tensor []float32) {
	size := settings.Image.Size
	bounds := picture.Bounds()
	for y := range size {
		top, bottom := covered(bounds.Min.Y, bounds.Dy(), y, size)
		for x := range size {
			left, right := covered(bounds.Min.X, bounds.Dx(), x, size)
			var sums [3]float64
			for row := top; row < bottom; row++ {
				for column := left; column < right; column++ {
					red, green, blue, _ := picture.At(column, row).RGBA()
					sums[0] += float64(red)
					sums[1] += float64(green)
					sums[2] += float64(blue)
				}
			}
			count := float64((bottom - top) * (right - left))
			for channel, sum := range sums {
				value := float32(sum / count / 0xffff)
				tensor[(channel*size+y)*size+x] = (value - settings.Image.Mean[channel]) / settings.Image.Deviation[channel]
			}
		}
	}
}

// covered is which of length places, from begin on, the one at index of size covers: one at least.
func covered(begin, length, index, size int) (from, to int) {
	return begin + index*length/size, begin + ((index+1)*length+size-1)/size
}
