module quadrant.dev/bench/fuel

go 1.24
