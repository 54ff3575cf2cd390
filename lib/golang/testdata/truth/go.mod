module quadrant.dev/truth

go 1.24
