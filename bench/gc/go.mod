module quadrant.dev/bench/gc

go 1.24
