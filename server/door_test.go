package server

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// stranger is a connection that seems to come from another machine.
type stranger struct{ net.Conn }

func (s stranger) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1} }

type strangers struct{ net.Listener }

func (s strangers) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	return stranger{c}, err
}

func TestDoorBoundsOneAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := newDoor(strangers{l}, 2, &budget{limit: 1 << 20})
	defer d.Close()
	accepted := make(chan net.Conn, 10)
	go func() {
		for {
			c, err := d.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for range 2 {
		defer dial().Close()
	}
	first := <-accepted
	<-accepted
	third := dial()
	defer third.Close()
	_ = third.SetReadDeadline(time.Now().Add(5 * time.Second))
	response, err := io.ReadAll(third)
	if err != nil || !strings.HasPrefix(string(response), "HTTP/1.1 429 ") {
		t.Fatalf("a third connection of two: %q, %v", response, err)
	}
	_, body, _ := strings.Cut(string(response), "\r\n\r\n")
	if !strings.Contains(string(response), "Content-Length: 127") || len(body) != 127 {
		t.Errorf("the refusal's body has %d bytes", len(body))
	}
	for range 2 { // Close is counted once
		_ = first.Close()
	}
	fourth := dial()
	defer fourth.Close()
	select {
	case <-accepted:
	case <-time.After(5 * time.Second):
		t.Fatal("the place of a closed connection is not given to the next")
	}
	if n := d.open[netip.MustParseAddr("192.0.2.1")]; n != 2 {
		t.Errorf("%d connections are counted", n)
	}
}

// TestRefusedBodyGetsItsAnswer sends more than is taken and expects to read why, not a reset connection.
func TestRefusedBodyGetsItsAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := newDoor(l, 1, &budget{limit: 1 << 20})
	defer d.Close()
	go func() {
		c, err := d.Accept()
		if err != nil {
			return
		}
		_, _ = io.ReadFull(c, make([]byte, 1000))
		_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		c.(*doorConn).closeGently()
		_ = c.Close()
	}()
	// The whole body first and then the answer, as many clients do.
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	part := make([]byte, 1<<20)
	for range 64 {
		if _, err := c.Write(part); err != nil {
			t.Fatalf("cut off before the body was sent: %v", err)
		}
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != 413 {
		t.Errorf("status %d", response.StatusCode)
	}
}
