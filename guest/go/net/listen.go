package net

import (
	"net"
	"os"
	"strconv"
	"sync"
)

// ListenersMax is how many listeners a program can be given.
const ListenersMax = 1024

var given struct {
	sync.Mutex
	isRead    bool
	listeners []net.Listener
	err       error
}

// Listeners are those that the program was started with and that nobody has taken yet: by --listen of the host, or by
// socket activation (LISTEN_FDS, sd_listen_fds(3)). Each is taken once.
func Listeners() ([]net.Listener, error) {
	given.Lock()
	defer given.Unlock()
	read()
	taken := given.listeners
	given.listeners = nil
	return taken, given.err
}

// Listen is the listener that the program was started with at the port of the address; otherwise the first that nobody
// has taken yet, since where a guest listens is not its own choice. Without any a guest fails with EACCES, and every
// other program listens itself.
func Listen(network, address string) (net.Listener, error) {
	given.Lock()
	defer given.Unlock()
	read()
	if given.err != nil {
		return nil, given.err
	}
	if len(given.listeners) == 0 {
		return listen(network, address)
	}
	at := 0
	for index, listener := range given.listeners {
		if isAtPort(listener, address) {
			at = index
			break
		}
	}
	listener := given.listeners[at]
	given.listeners = append(given.listeners[:at:at], given.listeners[at+1:]...)
	return listener, nil
}

func isAtPort(listener net.Listener, address string) bool {
	_, wanted, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return err == nil && port == wanted && port != "0"
}

func read() {
	if given.isRead {
		return
	}
	given.isRead = true
	first, count := givenDescriptors()
	for fd := first; fd < first+count; fd++ {
		file := os.NewFile(uintptr(fd), "listener "+strconv.Itoa(fd))
		listener, err := newListener(file)
		file.Close()
		if err != nil {
			given.err = err
			return
		}
		given.listeners = append(given.listeners, listener)
	}
}

// givenDescriptors are those that the environment tells.
func givenDescriptors() (first, count int) {
	first = number("LISTEN_FDS_START", 3)
	if !isForThisProcess() {
		return first, 0
	}
	return first, min(number("LISTEN_FDS", 0), ListenersMax)
}

func number(variable string, otherwise int) int {
	value, err := strconv.Atoi(os.Getenv(variable))
	if err != nil || value < 0 {
		return otherwise
	}
	return value
}
