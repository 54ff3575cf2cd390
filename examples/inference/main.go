// Command inference classifies images: POST a PNG to /classify, and the answer is the labels that fit best.
//
// It runs in Quadrant, which gives it a directory, a port and a model, and nothing else:
//
//	GOOS=wasip1 GOARCH=wasm go build -o inference.wasm .
//	quadrant wasm run inference.wasm --dir /config=./config:ro --nn classifier=model.onnx --listen 8080
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"sort"

	"example.com/quadrant/guest/net"
	"gopkg.in/yaml.v3"
)

// A picture may have so many bytes.
const bodyBytesMax = 8 << 20

type config struct {
	Model  string   `yaml:"model"`
	Labels []string `yaml:"labels"`
	Image  struct {
		Size      int        `yaml:"size"`
		Mean      [3]float32 `yaml:"mean"`
		Deviation [3]float32 `yaml:"deviation"`
	} `yaml:"image"`
	Top int `yaml:"top"`
}

type answer struct {
	Label       string  `json:"label"`
	Probability float32 `json:"probability"`
}

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	settings, err := readConfig("/config/app.yaml")
	if err != nil {
		return err
	}
	classifier, err := newClassifier(settings)
	if err != nil {
		return fmt.Errorf("model %s: %w", settings.Model, err)
	}
	listener, err := net.Listen("tcp", "")
	if err != nil {
		return err
	}
	http.HandleFunc("POST /classify", func(w http.ResponseWriter, r *http.Request) {
		picture, err := decode(http.MaxBytesReader(w, r.Body, bodyBytesMax))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		probabilities, err := classifier.classify(picture)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(best(settings, probabilities))
	})
	return http.Serve(listener, nil)
}

func readConfig(path string) (*config, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	settings := &config{Top: 3}
	if err := yaml.Unmarshal(content, settings); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if settings.Model == "" || settings.Image.Size < 1 || settings.Image.Size > 1024 {
		return nil, fmt.Errorf("%s: model, or image.size (1 to 1024), is missing", path)
	}
	return settings, nil
}

func best(settings *config, probabilities []float32) []answer {
	answers := make([]answer, 0, len(probabilities))
	for class, probability := range probabilities {
		label := fmt.Sprint(class)
		if class < len(settings.Labels) {
			label = settings.Labels[class]
		}
		answers = append(answers, answer{label, probability})
	}
	sort.SliceStable(answers, func(a, b int) bool { return answers[a].Probability > answers[b].Probability })
	return answers[:min(max(settings.Top, 1), len(answers))]
}
