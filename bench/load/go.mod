module quadrant.dev/bench/load

go 1.24
