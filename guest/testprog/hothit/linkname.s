//go:build hothit

// A file of assembly lets a function be declared without its body.
