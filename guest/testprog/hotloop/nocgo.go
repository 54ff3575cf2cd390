//go:build !cgo

package main

func extra(a int) int { return a - a }
