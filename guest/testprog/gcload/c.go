package main

// static int next(int a) { return a + 1; }
import "C"

func other(a int) int { return int(C.next(C.int(a))) }
