module quadrant.dev/testprog

go 1.24
