/** What the code for each struct calls: a writer and a reader of messages of one segment, in Go. */
export const GO_RUNTIME = `type capnpWriter struct {
	b     []byte
	depth int
	err   error
}

func capnpNewWriter() *capnpWriter {
	return &capnpWriter{b: make([]byte, 16, 256)}
}

func (w *capnpWriter) finish() ([]byte, error) {
	binary.LittleEndian.PutUint32(w.b[4:], uint32(len(w.b)/8-1))
	return w.b, w.err
}

func (w *capnpWriter) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("capnp: "+format, args...)
	}
}

// enter counts structs within one another: no reader goes deeper, and a cycle has no end.
func (w *capnpWriter) enter() bool {
	if w.depth++; w.depth > 64 {
		w.fail("it is deeper than 64")
	}
	return w.err == nil
}

func (w *capnpWriter) alloc(words int) int {
	start := len(w.b)
	if words > 1<<27-start/8 {
		w.fail("a message has more than 1 GiB")
		return start
	}
	w.b = append(w.b, make([]byte, words*8)...)
	return start
}

func (w *capnpWriter) point(ptr, start, kind int, high uint32) {
	binary.LittleEndian.PutUint32(w.b[ptr:], uint32(int32((start-ptr)/8-1))<<2|uint32(kind))
	binary.LittleEndian.PutUint32(w.b[ptr+4:], high)
}

func (w *capnpWriter) structAt(ptr, dataWords, ptrCount int) int {
	start := w.alloc(dataWords + ptrCount)
	if w.err != nil {
		return start
	}
	if dataWords+ptrCount == 0 {
		binary.LittleEndian.PutUint32(w.b[ptr:], 0xfffffffc)
	} else {
		w.point(ptr, start, 0, uint32(ptrCount)<<16|uint32(dataWords))
	}
	return start
}

func (w *capnpWriter) listAt(ptr, size, bits, n int) int {
	if n >= 1<<29 {
		w.fail("a list has %d elements", n)
		return 0
	}
	start := w.alloc((bits*n + 63) / 64)
	if w.err == nil {
		w.point(ptr, start, 1, uint32(n)<<3|uint32(size))
	}
	return start
}

func (w *capnpWriter) structsAt(ptr, dataWords, ptrCount, n int) int {
	words := (dataWords + ptrCount) * n
	if n >= 1<<29 || words >= 1<<29 {
		w.fail("a list has %d structs", n)
		return 0
	}
	tag := w.alloc(words + 1)
	if w.err != nil {
		return tag
	}
	w.point(ptr, tag, 1, uint32(words)<<3|7)
	binary.LittleEndian.PutUint32(w.b[tag:], uint32(n)<<2)
	binary.LittleEndian.PutUint32(w.b[tag+4:], uint32(ptrCount)<<16|uint32(dataWords))
	return tag + 8
}

func (w *capnpWriter) text(ptr int, s string) {
	if s == "" {
		return
	}
	if !utf8.ValidString(s) {
		w.fail("a text is no UTF-8: %q", s)
		return
	}
	start := w.listAt(ptr, 2, 8, len(s)+1)
	if w.err == nil {
		copy(w.b[start:], s)
	}
}

func (w *capnpWriter) data(ptr int, b []byte) {
	if len(b) == 0 {
		return
	}
	start := w.listAt(ptr, 2, 8, len(b))
	if w.err == nil {
		copy(w.b[start:], b)
	}
}

func (w *capnpWriter) bit(at, bit int, v bool) {
	if v && w.err == nil {
		w.b[at+bit/8] |= 1 << (bit % 8)
	}
}

func (w *capnpWriter) u8(at int, v uint8) {
	if w.err == nil {
		w.b[at] = v
	}
}

func (w *capnpWriter) u16(at int, v uint16) {
	if w.err == nil {
		binary.LittleEndian.PutUint16(w.b[at:], v)
	}
}

func (w *capnpWriter) u32(at int, v uint32) {
	if w.err == nil {
		binary.LittleEndian.PutUint32(w.b[at:], v)
	}
}

func (w *capnpWriter) u64(at int, v uint64) {
	if w.err == nil {
		binary.LittleEndian.PutUint64(w.b[at:], v)
	}
}

// capnpPlace is a struct in a message: its data, and its pointers behind it. Offsets are bytes.
type capnpPlace struct {
	data, dataEnd, end, depth int
}

// capnpList is a list: its first element, and the bits from one to the next.
type capnpList struct {
	start, n, step, dataBytes int
	composite, pointers       bool
	depth                     int
}

type capnpReader struct {
	b          []byte
	left, room int
	err        error
}

func capnpNewReader(b []byte) *capnpReader {
	r := &capnpReader{b: b, left: 64 << 20, room: 256 << 20}
	if len(b) < 16 || binary.LittleEndian.Uint32(b) != 0 {
		r.fail("it is no message of one segment")
		return r
	}
	words := int(binary.LittleEndian.Uint32(b[4:]))
	if words == 0 || words > (len(b)-8)/8 {
		r.fail("its segment has %d words, of which %d are there", words, (len(b)-8)/8)
		return r
	}
	r.b = b[:8+words*8]
	return r
}

func (r *capnpReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("capnp: "+format, args...)
	}
}

func (r *capnpReader) check(start, bytes, depth int) bool {
	r.left -= bytes + 8
	switch {
	case start < 8 || start > len(r.b) || bytes > len(r.b)-start:
		r.fail("a pointer leads to %d bytes at %d, out of the message", bytes, start)
	case depth > 64:
		r.fail("it is deeper than 64")
	case r.left < 0:
		r.fail("more is read than the message may have")
	}
	return r.err == nil
}

// pay counts elements that have more size here than in the message.
func (r *capnpReader) pay(n int, size uintptr) bool {
	if r.left -= n * int(size); r.left < 0 {
		r.fail("more is read than the message may have")
	}
	return r.err == nil
}

// hold counts the memory that a list takes.
func (r *capnpReader) hold(n int, size uintptr) bool {
	if size > 0 && n > r.room/int(size) {
		r.fail("its lists take more memory than they may")
		return false
	}
	r.room -= n * int(size)
	return r.err == nil
}

func (r *capnpReader) pointer(ptr int) (low int32, high uint32) {
	if r.err != nil || ptr < 8 || ptr+8 > len(r.b) {
		return 0, 0
	}
	return int32(binary.LittleEndian.Uint32(r.b[ptr:])), binary.LittleEndian.Uint32(r.b[ptr+4:])
}

func (r *capnpReader) structAt(ptr, depth int) (capnpPlace, bool) {
	low, high := r.pointer(ptr)
	if low == 0 && high == 0 {
		return capnpPlace{depth: depth + 1}, false
	}
	if low&3 != 0 {
		r.fail("the pointer at %d is not of a struct", ptr)
		return capnpPlace{}, false
	}
	data := ptr + 8 + int(low>>2)*8
	dataEnd := data + int(high&0xffff)*8
	end := dataEnd + int(high>>16)*8
	if !r.check(data, end-data, depth) {
		return capnpPlace{}, false
	}
	return capnpPlace{data, dataEnd, end, depth + 1}, true
}

func (r *capnpReader) listAt(ptr, depth int) capnpList {
	low, high := r.pointer(ptr)
	if low == 0 && high == 0 {
		return capnpList{}
	}
	if low&3 != 1 {
		r.fail("the pointer at %d is not of a list", ptr)
		return capnpList{}
	}
	start := ptr + 8 + int(low>>2)*8
	n := int(high >> 3)
	if high&7 == 7 {
		return r.structsAt(start, n, depth)
	}
	bits := [...]int{0, 1, 8, 16, 32, 64, 64}[high&7]
	if !r.check(start, (bits*n+63)/64*8, depth) {
		return capnpList{}
	}
	if bits == 0 && !r.pay(n, 64) || bits == 1 && !r.pay(n, 1) {
		return capnpList{}
	}
	l := capnpList{start: start, n: n, step: bits, dataBytes: bits / 8, pointers: high&7 == 6, depth: depth + 1}
	if l.pointers {
		l.dataBytes = 0
	}
	return l
}

func (r *capnpReader) structsAt(tag, words, depth int) capnpList {
	if !r.check(tag, words*8+8, depth) {
		return capnpList{}
	}
	low, high := r.pointer(tag)
	n := int(uint32(low) >> 2)
	data := int(high&0xffff) * 8
	step := data + int(high>>16)*8
	if low&3 != 0 || step*n > words*8 {
		r.fail("the list at %d has more elements than room", tag)
		return capnpList{}
	}
	if step == 0 && !r.pay(n, 64) {
		return capnpList{}
	}
	return capnpList{start: tag + 8, n: n, step: step * 8, dataBytes: data, composite: true, depth: depth + 1}
}

// element is an element as a struct; a number or pointer is one with one field.
func (r *capnpReader) element(l capnpList, i int) capnpPlace {
	if l.step == 1 {
		r.fail("a list of single bits is read as structs")
		return capnpPlace{}
	}
	data := l.start + l.step/8*i
	return capnpPlace{data, data + l.dataBytes, data + l.step/8, l.depth}
}

// number is where an element of so many bits lies; -1 where there is none.
func (r *capnpReader) number(l capnpList, i, bits int) int {
	if l.pointers || l.step < 8 || l.dataBytes*8 < bits || !l.composite && l.step != bits {
		r.fail("a list of %d bits an element is read as %d", l.step, bits)
		return -1
	}
	return l.start + l.step/8*i
}

// child is where the pointer of an element lies; -1 where there is none.
func (r *capnpReader) child(l capnpList, i int) int {
	if !l.pointers && (!l.composite || l.step <= l.dataBytes*8) {
		r.fail("a list without pointers is read as one of them")
		return -1
	}
	at := l.start + l.step/8*i
	if l.composite {
		at += l.dataBytes
	}
	return at
}

func (r *capnpReader) bitOf(l capnpList, i int) bool {
	if l.step != 1 {
		r.fail("a list of %d bits an element is read as bits", l.step)
		return false
	}
	return r.b[l.start+i/8]>>(i%8)&1 == 1
}

func (r *capnpReader) text(ptr, depth int) string {
	l := r.listAt(ptr, depth)
	if r.err != nil || l.start == 0 {
		return ""
	}
	if l.step != 8 || l.composite || l.n == 0 || r.b[l.start+l.n-1] != 0 {
		r.fail("the text at %d does not end with NUL", l.start)
		return ""
	}
	s := string(r.b[l.start : l.start+l.n-1])
	if !utf8.ValidString(s) {
		r.fail("the text at %d is no UTF-8", l.start)
		return ""
	}
	return s
}

func (r *capnpReader) data(ptr, depth int) []byte {
	l := r.listAt(ptr, depth)
	if r.err != nil || l.start == 0 {
		return nil
	}
	if l.step != 8 || l.composite {
		r.fail("the pointer at %d is not of data", ptr)
		return nil
	}
	if l.n == 0 {
		return nil
	}
	return append([]byte(nil), r.b[l.start:l.start+l.n]...)
}

// ptr is where a pointer of a struct lies; -1, which is null, where the sender did not know it.
func (p capnpPlace) ptr(i int) int {
	if at := p.dataEnd + i*8; at < p.end {
		return at
	}
	return -1
}

func (r *capnpReader) bit(p capnpPlace, bit int) bool {
	at := p.data + bit/8
	return at < p.dataEnd && r.b[at]>>(bit%8)&1 == 1
}

func (r *capnpReader) u8(p capnpPlace, offset int) uint8 {
	if at := p.data + offset; at < p.dataEnd {
		return r.b[at]
	}
	return 0
}

func (r *capnpReader) u16(p capnpPlace, offset int) uint16 {
	if at := p.data + offset*2; at+2 <= p.dataEnd {
		return binary.LittleEndian.Uint16(r.b[at:])
	}
	return 0
}

func (r *capnpReader) u32(p capnpPlace, offset int) uint32 {
	if at := p.data + offset*4; at+4 <= p.dataEnd {
		return binary.LittleEndian.Uint32(r.b[at:])
	}
	return 0
}

func (r *capnpReader) u64(p capnpPlace, offset int) uint64 {
	if at := p.data + offset*8; at+8 <= p.dataEnd {
		return binary.LittleEndian.Uint64(r.b[at:])
	}
	return 0
}

func (r *capnpReader) e8(l capnpList, i int) uint8 {
	if at := r.number(l, i, 8); at >= 0 {
		return r.b[at]
	}
	return 0
}

func (r *capnpReader) e16(l capnpList, i int) uint16 {
	if at := r.number(l, i, 16); at >= 0 {
		return binary.LittleEndian.Uint16(r.b[at:])
	}
	return 0
}

func (r *capnpReader) e32(l capnpList, i int) uint32 {
	if at := r.number(l, i, 32); at >= 0 {
		return binary.LittleEndian.Uint32(r.b[at:])
	}
	return 0
}

func (r *capnpReader) e64(l capnpList, i int) uint64 {
	if at := r.number(l, i, 64); at >= 0 {
		return binary.LittleEndian.Uint64(r.b[at:])
	}
	return 0
}
`
