package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
)

func serve(arguments []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	logPath := flags.String("log", "", "where to write what happened")
	tcp := flags.String("tcp", "", "TCP addresses to listen on, with commas between")
	udp := flags.String("udp", "", "UDP addresses to echo on, with commas between")
	flags.Parse(arguments)
	log, err := openJournal(*logPath)
	if err != nil {
		return err
	}
	for _, address := range list(*tcp) {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		defer listener.Close()
		go serveTCP(listener, log)
	}
	talks := &conversations{peers: map[netip.AddrPort]*entry{}}
	for _, address := range list(*udp) {
		conn, err := net.ListenPacket("udp", address)
		if err != nil {
			return err
		}
		defer conn.Close()
		go talks.serve(conn.(*net.UDPConn))
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	talks.tell(log)
	return log.close()
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}
