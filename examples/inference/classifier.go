package main

import (
	"image"
	"sync"

	"example.com/quadrant/guest/nn"
)

// classifier has one context for all requests: wasi-nn has no call to give one back.
type classifier struct {
	settings *config
	mutex    sync.Mutex
	context  *nn.Context
	tensor   []float32
}

func newClassifier(settings *config) (*classifier, error) {
	graph, err := nn.LoadByName(settings.Model)
	if err != nil {
		return nil, err
	}
	context, err := graph.NewContext()
	if err != nil {
		return nil, err
	}
	size := settings.Image.Size
	return &classifier{settings: settings, context: context, tensor: make([]float32, 3*size*size)}, nil
}

func (c *classifier) classify(picture image.Image) ([]float32, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	preprocess(c.settings, picture, c.tensor)
	size := c.settings.Image.Size
	if err := nn.SetInput(c.context, 0, []int{1, 3, size, size}, c.tensor); err != nil {
		return nil, err
	}
	if err := c.context.Compute(); err != nil {
		return nil, err
	}
	return nn.ReadOutput[float32](c.context, 0)
}
