// Command tlstalk talks over TLS, and says what it said: a line of JSON for each side of each connection, with its socket
// and the hashes of all that was written and read.
//
//	tlstalk serve ADDRESS             echoes; prints its address as JSON first
//	tlstalk talk ADDRESS COUNT MESSAGES [FLAG…]
//	                                  for a line, COUNT connections, some at once, with MESSAGES messages of many sizes each
//	tlstalk wait ADDRESS              one connection: for each line "BYTES" writes so many, and reads them again
//
// Flags: tls12, large (also messages of more than 64 KiB), embedded (what is below TLS is a struct around a connection), hidden (one that nobody can look into),
// twice (TLS within TLS, at both sides), wild (connections that are closed while they are used, or were never opened).
//
// It builds with every Go from 1.20 on.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"math/rand"
	"net"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"syscall"
	"unsafe"
)

const workers = 8

var flags = map[string]bool{}

func main() {
	arguments := os.Args
	switch {
	case len(arguments) >= 3 && arguments[1] == "serve":
		setFlags(arguments[3:])
		serve(arguments[2])
	case len(arguments) >= 5 && arguments[1] == "talk":
		setFlags(arguments[5:])
		talk(arguments[2], number(arguments[3]), number(arguments[4]))
	case len(arguments) == 3 && arguments[1] == "wait":
		wait(arguments[2])
	default:
		fmt.Fprintln(os.Stderr, "tlstalk serve ADDRESS [FLAG…] | talk ADDRESS COUNT MESSAGES [FLAG…] | wait ADDRESS")
		os.Exit(2)
	}
}

func setFlags(names []string) {
	for _, name := range names {
		flags[name] = true
	}
}

// told is one side of a connection.
type told struct {
	Side         string `json:"side"`
	Cookie       uint64 `json:"cookie"`
	Local        string `json:"local"`
	Remote       string `json:"remote"`
	WrittenBytes int64  `json:"writtenBytes"`
	Written      string `json:"written"`
	ReadBytes    int64  `json:"readBytes"`
	Read         string `json:"read"`
}

var output sync.Mutex

func tell(value interface{}) {
	output.Lock()
	defer output.Unlock()
	check(json.NewEncoder(os.Stdout).Encode(value))
}

// side remembers what passes through a connection.
type side struct {
	name          string
	conn          *tls.Conn
	socket        *net.TCPConn
	written, read hash.Hash
	told          told
}

func newSide(name string, conn *tls.Conn, socket *net.TCPConn) *side {
	return &side{name: name, conn: conn, socket: socket, written: sha256.New(), read: sha256.New()}
}

func (s *side) Write(data []byte) (int, error) {
	count, err := s.conn.Write(data)
	s.written.Write(data[:count])
	s.told.WrittenBytes += int64(count)
	return count, err
}

func (s *side) Read(data []byte) (int, error) {
	count, err := s.conn.Read(data)
	s.read.Write(data[:count])
	s.told.ReadBytes += int64(count)
	return count, err
}

// end tells, and closes.
func (s *side) end() {
	s.told.Side = s.name
	s.told.Local = s.socket.LocalAddr().String()
	s.told.Remote = s.socket.RemoteAddr().String()
	s.told.Cookie = cookieOf(s.socket)
	s.told.Written = hex.EncodeToString(s.written.Sum(nil))
	s.told.Read = hex.EncodeToString(s.read.Sum(nil))
	s.conn.Close()
	s.socket.Close()
	tell(s.told)
}

// cookieOf asks the kernel: SOL_SOCKET, SO_COOKIE.
func cookieOf(socket *net.TCPConn) (cookie uint64) {
	raw, err := socket.SyscallConn()
	check(err)
	check(raw.Control(func(fd uintptr) {
		size := uint32(8)
		syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, 1, 57,
			uintptr(unsafe.Pointer(&cookie)), uintptr(unsafe.Pointer(&size)), 0)
	}))
	return cookie
}

func certificates() []tls.Certificate {
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	return server.TLS.Certificates
}

type embedded struct {
	net.Conn
	name string
}

type hidden struct {
	name string
	conn net.Conn
	net.Conn
}

func below(socket net.Conn) net.Conn {
	switch {
	case flags["embedded"]:
		return &embedded{&embedded{socket, "inner"}, "outer"}
	case flags["hidden"]:
		return &hidden{"hidden", socket, socket}
	}
	return socket
}

func serve(address string) {
	config := &tls.Config{Certificates: certificates()}
	listener, err := net.Listen("tcp", address)
	check(err)
	tell(listener.Addr().String())
	for {
		socket, err := listener.Accept()
		check(err)
		go func() {
			conn := tls.Server(below(socket), config)
			if flags["twice"] {
				conn = tls.Server(conn, config)
			}
			echo(newSide("server", conn, socket.(*net.TCPConn)))
		}()
	}
}

func echo(s *side) {
	defer s.end()
	buffer := make([]byte, 40000)
	for {
		count, err := s.Read(buffer)
		if count > 0 {
			if _, err := s.Write(buffer[:count]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func clientConfig() *tls.Config {
	config := &tls.Config{InsecureSkipVerify: true}
	if flags["tls12"] {
		config.MaxVersion = tls.VersionTLS12
	}
	return config
}

func dial(address string) *side {
	socket, err := net.Dial("tcp", address)
	check(err)
	conn := tls.Client(below(socket), clientConfig())
	if flags["twice"] {
		conn = tls.Client(conn, clientConfig())
	}
	return newSide("client", conn, socket.(*net.TCPConn))
}

var sizes = []int{1, 2, 7, 8, 9, 100, 255, 256, 257, 1024, 1025, 4096, 5000, 16384, 16385, 40000, 65536}

func talk(address string, count, messages int) {
	// Whoever looks at it has to be ready.
	bufio.NewReader(os.Stdin).ReadString('\n')
	if flags["large"] {
		sizes = append(sizes, 70000, 150000)
	}
	next := make(chan int)
	var done sync.WaitGroup
	for i := 0; i < workers; i++ {
		done.Add(1)
		go func() {
			defer done.Done()
			for index := range next {
				random := rand.New(rand.NewSource(int64(index)))
				if flags["wild"] {
					runWild(address, random)
				} else {
					converse(dial(address), messages, random)
				}
			}
		}()
	}
	for i := 0; i < count; i++ {
		next <- i
	}
	close(next)
	done.Wait()
}

func converse(s *side, messages int, random *rand.Rand) {
	defer s.end()
	buffer := make([]byte, 150000)
	for i := 0; i < messages; i++ {
		size := sizes[random.Intn(len(sizes))]
		exchange(s, size, 1+random.Intn(len(buffer)), random)
	}
}

// exchange writes so many random bytes while it reads them again, so many at a time.
func exchange(s *side, size, room int, random *rand.Rand) {
	data := make([]byte, size)
	random.Read(data)
	sent := make(chan error)
	go func() {
		_, err := s.Write(data)
		sent <- err
	}()
	buffer := make([]byte, room)
	for left := size; left > 0; {
		if len(buffer) > left {
			buffer = buffer[:left]
		}
		count, err := s.Read(buffer)
		check(err)
		left -= count
	}
	check(<-sent)
}

// runWild does with connections what nobody should.
func runWild(address string, random *rand.Rand) {
	var none *tls.Conn
	func() {
		defer func() { recover() }()
		none.Write([]byte("nobody"))
	}()
	func() {
		defer func() { recover() }()
		tls.Client(nil, clientConfig()).Write([]byte("nowhere"))
	}()
	s := dial(address)
	defer s.conn.Close()
	switch random.Intn(4) {
	case 0:
		s.socket.Close()
		s.conn.Write([]byte("closed below"))
	case 1:
		check(s.conn.Handshake())
		s.conn.Close()
		s.conn.Write([]byte("closed"))
		s.conn.Read(make([]byte, 10))
	case 2:
		check(s.conn.Handshake())
		go s.socket.Close()
		for i := 0; i < 20; i++ {
			s.conn.Write(bytes.Repeat([]byte{1}, 3000))
		}
	case 3:
		s.conn.Write([]byte("half"))
		s.conn.CloseWrite()
		io.ReadAll(s.conn)
	}
}

func wait(address string) {
	s := dial(address)
	check(s.conn.Handshake())
	tell(cookieOf(s.socket))
	lines := bufio.NewScanner(os.Stdin)
	random := rand.New(rand.NewSource(1))
	for lines.Scan() {
		exchange(s, number(lines.Text()), 4096, random)
		tell("done")
	}
	s.end()
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
