module quadrant.dev/layout

go 1.24
