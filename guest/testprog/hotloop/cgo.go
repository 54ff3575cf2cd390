package main

// static int next(int a) { return a - a; }
import "C"

func extra(a int) int { return int(C.next(C.int(a))) }
