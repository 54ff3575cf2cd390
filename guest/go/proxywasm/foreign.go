package proxywasm

// CallForeign calls a function that the host has besides the ABI. NotFound where it has none with this name.
func CallForeign(name string, arguments []byte) ([]byte, error) {
	own()
	if status := hostCallForeignFunction(name, textOf(arguments), &answer.data, &answer.size); status != 0 {
		return nil, Status(status)
	}
	return answered(), nil
}

// ClearRouteCache has the route chosen again, by the headers of the request as they are now.
func ClearRouteCache() error {
	_, err := CallForeign("clear_route_cache", nil)
	return err
}
