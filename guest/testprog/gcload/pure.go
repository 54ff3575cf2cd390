//go:build !cgo
// +build !cgo

package main

func other(a int) int { return a + 1 }
