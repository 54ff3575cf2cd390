package main

import (
	"flag"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// queuedBytes asks how much the kernel holds unread for a socket (SIOCINQ).
func queuedBytes(fd int) int {
	var queued int32
	syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TIOCINQ, uintptr(unsafe.Pointer(&queued)))
	return int(queued)
}

// conversations counts what a UDP server exchanged with each peer.
type conversations struct {
	mu    sync.Mutex
	peers map[netip.AddrPort]*entry
}

func (c *conversations) serve(conn *net.UDPConn) {
	buffer := make([]byte, 64<<10)
	for {
		n, peer, err := conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		written, _ := conn.WriteToUDPAddrPort(buffer[:n], peer)
		c.mu.Lock()
		e := c.peers[peer]
		if e == nil {
			e = &entry{Role: "server", Protocol: "udp", Local: conn.LocalAddr().String(), Remote: peer.String(), Outcome: "closed"}
			c.peers[peer] = e
		}
		e.Received += int64(n)
		e.ReceivedMessages++
		e.Sent += int64(written)
		e.SentMessages++
		c.mu.Unlock()
	}
}

func (c *conversations) tell(log *journal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.peers {
		log.add(*e)
	}
}

type sendOptions struct {
	to          string
	datagrams   int
	size        int
	unconnected bool
	hold        time.Duration
}

func send(arguments []string) error {
	flags := flag.NewFlagSet("send", flag.ExitOnError)
	var o sendOptions
	logPath := flags.String("log", "", "where to write what happened")
	count := flags.Int("count", 1, "sockets to use")
	parallel := flags.Int("parallel", 1, "sockets at a time")
	hold := flags.Int("hold", 0, "milliseconds to keep each socket open after the exchange")
	flags.StringVar(&o.to, "to", "", "address to send to; its server echoes")
	flags.IntVar(&o.datagrams, "datagrams", 3, "datagrams per socket")
	flags.IntVar(&o.size, "size", 100, "bytes per datagram")
	flags.BoolVar(&o.unconnected, "unconnected", false, "use sendto on an unconnected socket")
	flags.Parse(arguments)
	o.hold = time.Duration(*hold) * time.Millisecond
	log, err := openJournal(*logPath)
	if err != nil {
		return err
	}
	each(*count, *parallel, func(int) { log.add(converse(o)) })
	return log.close()
}

// converse sends datagrams one by one and waits for the echo of each.
func converse(o sendOptions) (e entry) {
	e = entry{Role: "client", Protocol: "udp", Remote: o.to, Outcome: "closed"}
	peer := netip.MustParseAddrPort(o.to)
	var conn *net.UDPConn
	var err error
	if o.unconnected {
		network := "udp4"
		if peer.Addr().Is6() {
			network = "udp6"
		}
		conn, err = net.ListenUDP(network, nil)
	} else {
		conn, err = net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(peer))
	}
	if err != nil {
		return failed(e, err)
	}
	defer conn.Close()
	e.Local = conn.LocalAddr().String()
	datagram, echo := make([]byte, o.size), make([]byte, 64<<10)
	for range o.datagrams {
		var n int
		if o.unconnected {
			n, err = conn.WriteToUDPAddrPort(datagram, peer)
		} else {
			n, err = conn.Write(datagram)
		}
		if err != nil {
			return failed(e, err)
		}
		e.Sent += int64(n)
		e.SentMessages++
		conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if o.unconnected {
			n, _, err = conn.ReadFromUDPAddrPort(echo)
		} else {
			n, err = conn.Read(echo)
		}
		if err != nil {
			return failed(e, err)
		}
		e.Received += int64(n)
		e.ReceivedMessages++
	}
	if o.hold > 0 {
		time.Sleep(o.hold)
	}
	return e
}
