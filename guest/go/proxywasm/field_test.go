package proxywasm

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
)

func TestFields(t *testing.T) {
	for _, test := range []struct {
		fields  []Field
		encoded string
	}{
		{nil, ""},
		{[]Field{{"a", ""}}, "01000000 01000000 00000000 6100 00"},
		{[]Field{{"a", "b"}, {":p", "/\x00"}}, "02000000 01000000 01000000 02000000 02000000 6100 6200 3a7000 2f0000"},
	} {
		encoded, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(test.encoded), []byte(" "), nil)))
		if err != nil {
			t.Fatal(err)
		}
		if got := appendFields(nil, test.fields); !bytes.Equal(got, encoded) {
			t.Errorf("%q is encoded as %x", test.fields, got)
		}
		if got, err := parseFields(encoded); err != nil || !reflect.DeepEqual(got, test.fields) {
			t.Errorf("%x is decoded as %q, %v", encoded, got, err)
		}
	}
}

func TestFieldsThatAreCutOff(t *testing.T) {
	whole := appendFields(nil, []Field{{"name", "value"}, {"other", "value"}})
	for length := 4; length < len(whole); length++ {
		if got, err := parseFields(whole[:length:length]); !errors.Is(err, ParseFailure) {
			t.Errorf("%d of %d bytes are decoded as %q, %v", length, len(whole), got, err)
		}
	}
	for at := range whole[:20] {
		large := bytes.Clone(whole)
		large[at] = 0xff
		if got, err := parseFields(large); err == nil {
			t.Errorf("with byte %d changed it is decoded as %q", at, got)
		}
	}
}

func TestUpstream(t *testing.T) {
	// envoy.config.core.v3.GrpcService { envoy_grpc { cluster_name: "abc" } }
	if got := (&GRPCMethod{Cluster: "abc"}).upstream(); got != "\x0a\x05\x0a\x03abc" {
		t.Errorf("%q", got)
	}
	if got := (&GRPCMethod{Cluster: "abc", Upstream: "def"}).upstream(); got != "def" {
		t.Errorf("%q", got)
	}
}

func TestAllocate(t *testing.T) {
	borrow()
	first, second := allocate(300), allocate(300)
	if first == second || len(handedOut) != 2 {
		t.Error("two pieces are the same memory")
	}
	borrow()
	if again := allocate(500); again != first {
		t.Error("the scratch is not used again")
	}
	own()
	if owned := allocate(100); owned == first {
		t.Error("what stays is in the scratch")
	}
	if allocate(0) == nil {
		t.Error("nothing is no failure")
	}
}

func TestElsewhere(t *testing.T) {
	if _, err := RequestHeaders.Get("a"); err != Unimplemented {
		t.Error(err)
	}
	if text := Unimplemented.Error() + ", " + Status(99).Error(); text != "proxywasm: unimplemented, proxywasm: status 99" {
		t.Error(text)
	}
}
