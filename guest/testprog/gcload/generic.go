//go:build go1.18
// +build go1.18

package main

// largest is generic, for the sake of its instances' names.
func largest[T int | float64](values ...T) T {
	var most T
	for _, value := range values {
		if value > most {
			most = value
		}
	}
	return most
}

func init() {
	sum = uint64(largest(1, 2, 3)) + uint64(largest(0.5, 1.5))
}
