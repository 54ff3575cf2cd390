module quadrant.dev/bench/go-binary

go 1.24
