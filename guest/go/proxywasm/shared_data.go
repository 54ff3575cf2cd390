package proxywasm

// updateTriesMax is how often UpdateSharedData begins again. Whoever loses that often has many rivals, and should not
// hold up its request any longer.
const updateTriesMax = 16

// SharedData is the value of a key among all that have the same vm_id, on all threads of the host, and the number that
// SetSharedData wants to replace just this value. NotFound where there is none.
func SharedData(key string) (value []byte, cas uint32, err error) {
	own()
	if status := hostGetSharedData(key, &answer.data, &answer.size, &answer.number2); status != 0 {
		return nil, 0, Status(status)
	}
	return answered(), answer.number2, nil
}

// SetSharedData sets the value of a key. CASMismatch where the one that cas belongs to is no longer there; with 0 it is
// set in any case.
func SetSharedData(key string, value []byte, cas uint32) error {
	return errorOf(hostSetSharedData(key, textOf(value), cas))
}

// UpdateSharedData sets a value by the one that there is, nil where there is none, and begins again where somebody else
// did so meanwhile. CASMismatch where that happens too often. Of two who set the first value at the same time one is
// lost: there is no call for that.
func UpdateSharedData(key string, update func(value []byte) ([]byte, error)) error {
	for range updateTriesMax {
		value, cas, err := SharedData(key)
		if err != nil && err != NotFound {
			return err
		}
		if value, err = update(value); err != nil {
			return err
		}
		if err = SetSharedData(key, value, cas); err != CASMismatch {
			return err
		}
	}
	return CASMismatch
}
