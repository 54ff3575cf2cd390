/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Frames of HTTP/2 (RFC 9113, 4): walked by their lengths, whatever packets they
 * come in. What tells of streams, and header blocks, which only user space can
 * read, goes there; of a body only the heads of its frames do.
 */
#ifndef QUADRANT_HTTP2_FRAME_H
#define QUADRANT_HTTP2_FRAME_H

#define FRAME_HEAD_BYTES 9
#define PREFACE_BYTES 24
/* Its first line, by which it is known. */
#define PREFACE_LINE_BYTES 16
/* A record is sent when it has so many bytes, or its packet ends; a power of two. */
#define RECORD_FULL_BYTES 2048
/* Taken at a time. */
#define PIECE_BYTES 1024
/* Of the packet, looked at in one go; a power of two. */
#define GLANCE_BYTES 512
/* Payloads that are taken from there: most header blocks, but for the first ones of a connection. */
#define SHORT_BYTES_MAX 128
/* Heads and payloads of one packet, in two loops: of one alone the verifier would see too many ways. */
#define STEPS_INNER 64
#define STEPS_OUTER 128
/* Frames that are looked at until a direction counts as in step. */
#define FRAMES_FIT_MAX 16
/* Longest frame before anybody allows more (RFC 9113, 4.2). */
#define FRAME_BYTES_DEFAULT 16384
/* Told of one direction while its packets are out of order, at most. */
#define UNORDERED_BYTES_MAX 262144
/* Longer ones, which some devices have, are told in part: then the rest is missing. */
#define PACKET_BYTES_MAX 65536
/* No frame that is in use has a higher type (IANA, HTTP/2 frame types), and no peer allows longer ones. */
#define FRAME_TYPE_MAX 0x20
#define FRAME_BYTES_MAX (1 << 20)
/* Times that a processor asks whether it is its turn: some microseconds, in which another one has walked its packet. */
#define TURNS_MAX 256
/* Records of one processor that are being written: what interrupts a program may be one, too. */
#define SCRATCHES 4

enum frame_type {
	FRAME_DATA, FRAME_HEADERS, FRAME_PRIORITY, FRAME_RST_STREAM, FRAME_SETTINGS,
	FRAME_PUSH_PROMISE, FRAME_PING, FRAME_GOAWAY, FRAME_WINDOW_UPDATE, FRAME_CONTINUATION,
};

#define FRAME_END_STREAM 1
#define FRAME_ACK 1
#define FRAME_END_HEADERS 4
#define FRAME_PADDED 8
#define FRAME_HAS_PRIORITY 32

/* What of a frame's payload is told: nothing, all, or the length of its padding. */
enum frame_keep { KEEP_NONE, KEEP_ALL, KEEP_FIRST };

/* What a packet of a connection in step begins with, and who sends such. */
enum frames_fit { FRAMES_FIT = 1, FRAMES_OF_CLIENT = 2, FRAMES_OF_SERVER = 4 };

struct http2_scratch {
	__u64 busy;
	__u32 fill;
	__u32 zero;
	struct http2_record record;
	/* With room for a word that begins at the last byte. */
	__u8 bytes[2 * RECORD_FULL_BYTES + 8];
	__u8 glance[GLANCE_BYTES + 8];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCHES);
	__type(key, __u32);
	__type(value, struct http2_scratch);
} http2_scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} http2_frames SEC(".maps");

/* Nothing but a mention, as with http_head_layout. */
const struct http2_record *http2_record_layout;

static __always_inline struct http2_scratch *take_scratch(void)
{
#pragma unroll
	for (__u32 i = 0; i < SCRATCHES; i++) {
		__u32 key = i;
		struct http2_scratch *scratch = bpf_map_lookup_elem(&http2_scratches, &key);

		if (scratch && !__sync_lock_test_and_set(&scratch->busy, 1))
			return scratch;
	}
	return NULL;
}

static __always_inline void give_scratch(struct http2_scratch *scratch)
{
	__sync_lock_test_and_set(&scratch->busy, 0);
}

/* The framing of a direction is not known from here on. What it sends next has a number too high. */
static __always_inline void lose_frames(struct http_half *half, __u32 counter)
{
	count(counter);
	half->state = HALF_LOST;
	half->left = half->fill = 0;
	half->keep = KEEP_NONE;
	half->number++;
}

/* Sends what was gathered. What the ring has no room for leaves its number out. */
__noinline int send_frames(struct __sk_buff *skb, struct http_connection *conn, struct http2_scratch *scratch,
			   __u32 is_egress, __u32 flags)
{
	struct http2_record *record;
	struct http_half *half;
	__u32 bytes;

	if (!conn || !scratch)
		return 0;
	half = &conn->halves[is_egress & 1];
	record = &scratch->record;
	bytes = scratch->fill;
	scratch->fill = 0;
	record->connection = bpf_get_socket_cookie(skb);
	record->at_ns = bpf_ktime_get_ns();
	record->server = conn->server;
	record->number = half->number++;
	record->bytes = bytes;
	record->of_server = (is_egress & 1) == (conn->role == SIDE_SERVER);
	record->peer = conn->peer;
	record->client = conn->client;
	record->flags = flags | (conn->joined ? 0 : HTTP2_FROM_START);
	asm volatile("" : "+r"(bytes));
	if (bytes > 2 * RECORD_FULL_BYTES)
		return 0;
	if (bpf_ringbuf_output(&http2_frames, record, sizeof(*record) + bytes, BPF_RB_NO_WAKEUP))
		count(HTTP2_RING_FULL);
	else
		count(HTTP2_RECORDS);
	return 0;
}

/* What of the bytes that a record is about to begin with belongs to a frame that it does not have the head of. */
static __always_inline void begin_record(struct http2_scratch *scratch, struct http_half *half, __u32 sequence)
{
	__u64 before = half->keep == KEEP_ALL ? half->left : half->keep == KEEP_FIRST;

	scratch->fill = 0;
	scratch->record.before = before > 0xffff ? 0xffff : before;
	scratch->record.sequence = sequence;
	scratch->record.left = 0;
}

/* Whether no sound peer would send a frame with this head: then we are out of step. */
static __always_inline bool is_misframed(const __u8 *head, __u32 length)
{
	__u32 stream = head[5] << 24 | head[6] << 16 | head[7] << 8 | head[8];

	if (stream >> 31 || head[3] > FRAME_TYPE_MAX || length > FRAME_BYTES_MAX)
		return true;
	switch (head[3]) {
	case FRAME_DATA:
	case FRAME_HEADERS:
	case FRAME_CONTINUATION:
		return !stream;
	case FRAME_RST_STREAM:
		return !stream || length != 4;
	case FRAME_SETTINGS:
		return stream || length % 6;
	case FRAME_PING:
		return stream || length != 8;
	case FRAME_WINDOW_UPDATE:
		return length != 4;
	}
	return false;
}

/* A frame's head is whole, as the last bytes of the record. */
static __always_inline bool take_head(struct http_half *half, const __u8 *head)
{
	__u32 length = head[0] << 16 | head[1] << 8 | head[2];
	__u32 type = head[3];

	half->left = length;
	half->keep = KEEP_NONE;
	if (is_misframed(head, length)) {
		lose_frames(half, HTTP_MISFRAMED);
		return false;
	}
	switch (type) {
	case FRAME_DATA:
		if ((head[4] & FRAME_PADDED) && length)
			half->keep = KEEP_FIRST;
		return true;
	case FRAME_HEADERS:
	case FRAME_RST_STREAM:
	case FRAME_SETTINGS:
	case FRAME_PUSH_PROMISE:
	case FRAME_GOAWAY:
	case FRAME_CONTINUATION:
		if (length && length <= HTTP2_KEPT_BYTES_MAX)
			half->keep = KEEP_ALL;
		return true;
	}
	return false;
}

/* One step: a piece of a payload, or a head. Gives the offset behind it. */
__noinline __u32 step_frame(struct __sk_buff *skb, struct http_half *half, struct http2_scratch *scratch, __u32 at)
{
	__u32 end = skb->len, here = end - at, fill;
	__u8 *head;

	if (!half || !scratch || at >= end)
		return end;
	fill = scratch->fill & (RECORD_FULL_BYTES - 1);
	if (half->left) {
		if (here > half->left)
			here = half->left;
		if (half->keep == KEEP_NONE) {
			half->left -= here;
			return at + here;
		}
		if (half->keep == KEEP_FIRST) {
			here = 1;
			half->keep = KEEP_NONE;
		}
		if (here > PIECE_BYTES)
			here = PIECE_BYTES;
		asm volatile("" : "+r"(here));
		if (here == 0 || here > PIECE_BYTES || bpf_skb_load_bytes(skb, at, scratch->bytes + fill, here))
			return end;
		half->left -= here;
		scratch->fill = fill + here;
		return at + here;
	}
	head = scratch->bytes + fill;
	if (half->fill == 0 && here >= FRAME_HEAD_BYTES) {
		if (bpf_skb_load_bytes(skb, at, head, FRAME_HEAD_BYTES))
			return end;
		at += FRAME_HEAD_BYTES;
	} else {
		for (__u32 i = 0; i < FRAME_HEAD_BYTES; i++) {
			if (half->fill >= FRAME_HEAD_BYTES || at >= end)
				break;
			if (bpf_skb_load_bytes(skb, at, &half->window[half->fill & 15], 1))
				return end;
			half->fill++;
			at++;
		}
		if (half->fill < FRAME_HEAD_BYTES)
			return at;
		half->fill = 0;
		__builtin_memcpy(head, half->window, FRAME_HEAD_BYTES);
	}
	if (take_head(half, head))
		scratch->fill = fill + FRAME_HEAD_BYTES;
	return at;
}

/* A head that is whole at an index of the glance. */
__noinline int glance_head(struct http_half *half, struct http2_scratch *scratch, __u32 index)
{
	__u32 from = index & (GLANCE_BYTES - 1), fill;
	__u8 *head;

	if (!half || !scratch)
		return 0;
	fill = scratch->fill & (RECORD_FULL_BYTES - 1);
	head = scratch->bytes + fill;
	*(__u64 *)head = *(const __u64 *)(scratch->glance + from);
	head[8] = scratch->glance[from + 8];
	if (take_head(half, head))
		scratch->fill = fill + FRAME_HEAD_BYTES;
	return 0;
}

/* A short payload that is whole there. */
__noinline int glance_payload(struct http2_scratch *scratch, __u32 index, __u32 bytes)
{
	__u32 fill;

	if (!scratch)
		return 0;
	/* The head may have filled it. */
	fill = scratch->fill & (2 * RECORD_FULL_BYTES - 1);
	for (__u32 i = 0; i < SHORT_BYTES_MAX; i += 8) {
		if (i >= bytes)
			break;
		*(__u64 *)(scratch->bytes + ((fill + i) & (2 * RECORD_FULL_BYTES - 1))) =
			*(const __u64 *)(scratch->glance + ((index + i) & (GLANCE_BYTES - 1)));
	}
	scratch->fill = fill + bytes;
	return 0;
}

/*
 * The frames that are whole in the next bytes, and whose payload is short or is not told: as step_frame does it one
 * by one. Gives the offset behind them, or the same one.
 */
__noinline __u32 glance_frames(struct __sk_buff *skb, struct http_half *half, struct http2_scratch *scratch, __u32 at)
{
	__u32 end = skb->len, bytes = end - at, index = 0;

	if (!half || !scratch || at >= end || half->left || half->fill)
		return at;
	if (bytes > GLANCE_BYTES)
		bytes = GLANCE_BYTES;
	asm volatile("" : "+r"(bytes));
	if (bytes < FRAME_HEAD_BYTES || bytes > GLANCE_BYTES || bpf_skb_load_bytes(skb, at, scratch->glance, bytes))
		return at;
	for (int i = 0; i < GLANCE_BYTES / FRAME_HEAD_BYTES; i++) {
		__u64 left;

		if (index + FRAME_HEAD_BYTES > bytes || scratch->fill >= RECORD_FULL_BYTES)
			break;
		glance_head(half, scratch, index);
		index += FRAME_HEAD_BYTES;
		if (half->state == HALF_LOST)
			break;
		left = half->left;
		if (half->keep == KEEP_NONE) {
			if (left > end - at - index)
				break;
		} else {
			if (half->keep != KEEP_ALL || left > SHORT_BYTES_MAX || index + left > bytes)
				break;
			glance_payload(scratch, index, left);
			half->keep = KEEP_NONE;
		}
		half->left = 0;
		index += left;
	}
	return at + index;
}

/* Some steps. Gives the offset behind them. */
__noinline __u32 step_frames(struct __sk_buff *skb, struct http_connection *conn, struct http2_scratch *scratch,
			     __u32 at, __u32 is_egress)
{
	struct http_half *half;
	__u32 end = skb->len;

	if (!conn || !scratch)
		return end;
	half = &conn->halves[is_egress & 1];
	for (int i = 0; i < STEPS_INNER; i++) {
		__u32 next;

		if (at >= end || half->state == HALF_LOST)
			break;
		next = glance_frames(skb, half, scratch, at);
		at = next == at ? step_frame(skb, half, scratch, at) : next;
		if (scratch->fill >= RECORD_FULL_BYTES) {
			send_frames(skb, conn, scratch, is_egress, 0);
			begin_record(scratch, half, scratch->record.sequence);
		}
	}
	return at;
}

/* The bytes of a packet from `start` on, in their direction's state. */
__noinline int read_frames(struct __sk_buff *skb, struct http_connection *conn, __u32 start, __u32 is_egress,
			   __u32 sequence)
{
	struct http2_scratch *scratch;
	struct http_half *half;
	__u32 at = start, end = skb->len;

	if (!conn)
		return 0;
	half = &conn->halves[is_egress & 1];
	/* Most packets of a large body, and those that are smaller than a head. */
	if (half->keep == KEEP_NONE && half->left >= end - at) {
		half->left -= end - at;
		return 0;
	}
	scratch = take_scratch();
	if (!scratch) {
		lose_frames(half, HTTP2_BUSY);
		return 0;
	}
	begin_record(scratch, half, sequence);
	for (int i = 0; i < STEPS_OUTER; i++) {
		if (at >= end || half->state == HALF_LOST)
			break;
		at = step_frames(skb, conn, scratch, at, is_egress);
	}
	if (scratch->fill)
		send_frames(skb, conn, scratch, is_egress, 0);
	give_scratch(scratch);
	if (half->state == HALF_LOST)
		/* What was sent of this packet came before what is missing. */
		half->number++;
	else if (at < end)
		lose_frames(half, HTTP_TOO_LONG);
	return 0;
}

/* A record without bytes. */
__noinline int send_flag(struct __sk_buff *skb, struct http_connection *conn, __u32 sequence, __u32 is_egress, __u32 flag)
{
	struct http2_scratch *scratch = take_scratch();

	if (!scratch) {
		count(HTTP2_BUSY);
		return 0;
	}
	scratch->fill = 0;
	scratch->record.before = 0;
	scratch->record.left = 0;
	scratch->record.sequence = sequence;
	send_frames(skb, conn, scratch, is_egress, flag);
	give_scratch(scratch);
	return 0;
}

/* Whether a head is one that senders write, and not only one that may be there. */
static __always_inline bool is_sound(const __u8 *head, __u32 length)
{
	__u32 type = head[3], flags = head[4];
	__u32 stream = head[5] << 24 | head[6] << 16 | head[7] << 8 | head[8];

	if (stream >> 31 || length > FRAME_BYTES_DEFAULT)
		return false;
	switch (type) {
	case FRAME_DATA:
		return stream && !(flags & ~(FRAME_END_STREAM | FRAME_PADDED));
	case FRAME_HEADERS:
		return stream && length &&
		       !(flags & ~(FRAME_END_STREAM | FRAME_END_HEADERS | FRAME_PADDED | FRAME_HAS_PRIORITY));
	case FRAME_RST_STREAM:
		return stream && length == 4 && !flags;
	case FRAME_SETTINGS:
		return !stream && (flags == FRAME_ACK ? length == 0 : !flags && length % 6 == 0);
	case FRAME_PING:
		return !stream && length == 8 && !(flags & ~FRAME_ACK);
	case FRAME_GOAWAY:
		return !stream && length >= 8 && !flags;
	case FRAME_WINDOW_UPDATE:
		return length == 4 && !flags;
	}
	return false;
}

/*
 * Who begins a header block so: its first field is `:status` at a server, another one of the pseudo fields at a
 * client (RFC 9113, 8.3; RFC 7541, A). Trailers, and what is in the dynamic table, tell nothing.
 */
static __always_inline __u32 sender_of(__u32 first)
{
	if (first & 0x80)
		return first >= 0x88 && first <= 0x8e ? FRAMES_OF_SERVER : first >= 0x81 && first <= 0x87 ? FRAMES_OF_CLIENT : 0;
	/* A literal whose name has an index: with indexing, without, never. */
	first &= (first & 0x40) ? 0x3f : 0x0f;
	return first >= 8 && first <= 14 ? FRAMES_OF_SERVER : first >= 1 && first <= 7 ? FRAMES_OF_CLIENT : 0;
}

/*
 * Whether a packet of a direction that is out of step begins with a frame: it must consist of sound frames up to its
 * end, or begin with two.
 */
__noinline int frames_fit(struct __sk_buff *skb, __u32 start)
{
	__u32 at = start, end = skb->len, found = 0;

	for (__u32 i = 0; i < FRAMES_FIT_MAX; i++) {
		__u8 head[12] = {};
		__u32 length;

		if (at >= end)
			return at == end && i ? FRAMES_FIT | found : i > 2 ? FRAMES_FIT | found : 0;
		if (bpf_skb_load_bytes(skb, at, head, FRAME_HEAD_BYTES))
			return i >= 2 ? FRAMES_FIT | found : 0;
		length = head[0] << 16 | head[1] << 8 | head[2];
		if (!is_sound(head, length))
			return 0;
		at += FRAME_HEAD_BYTES;
		if (head[3] == FRAME_HEADERS && !found) {
			__u8 first = 0;

			if (!bpf_skb_load_bytes(skb, at + (head[4] & FRAME_PADDED ? 1 : 0) + (head[4] & FRAME_HAS_PRIORITY ? 5 : 0),
						&first, 1))
				found = sender_of(first);
		}
		at += length;
	}
	return FRAMES_FIT | found;
}

/* The next byte is a frame's first. */
static __always_inline void expect_frame(struct http_half *half)
{
	half->state = HALF_START;
	half->left = half->fill = 0;
	half->keep = KEEP_NONE;
}

/* Tells a packet as it is. Only what comes in can be out of order. */
__noinline int send_whole(struct __sk_buff *skb, struct http_connection *conn, __u32 start, __u32 sequence)
{
	struct http2_scratch *scratch;
	struct http_half *half;
	__u32 at = start, end = skb->len;

	if (!conn || at >= end)
		return 0;
	half = &conn->halves[0];
	scratch = half->left < end - at ? NULL : take_scratch();
	if (!scratch) {
		lose_frames(half, HTTP_GAPS);
		return 0;
	}
	half->left -= end - at;
	scratch->record.before = 0;
	scratch->record.left = 0;
	for (int i = 0; i < PACKET_BYTES_MAX / RECORD_FULL_BYTES; i++) {
		__u32 bytes = end - at;

		if (at >= end)
			break;
		if (bytes > RECORD_FULL_BYTES)
			bytes = RECORD_FULL_BYTES;
		asm volatile("" : "+r"(bytes));
		if (bytes == 0 || bytes > RECORD_FULL_BYTES || bpf_skb_load_bytes(skb, at, scratch->bytes, bytes))
			break;
		scratch->fill = bytes;
		scratch->record.sequence = sequence + (at - start);
		send_frames(skb, conn, scratch, 0, HTTP2_WHOLE);
		at += bytes;
	}
	give_scratch(scratch);
	return 0;
}

/* From here on user space puts the packets in order: it gets to know how far the frames were walked. */
__noinline int begin_whole(struct __sk_buff *skb, struct http_connection *conn)
{
	struct http2_scratch *scratch = take_scratch();
	struct http_half *half;

	if (!scratch)
		return 0;
	if (!conn) {
		give_scratch(scratch);
		return 0;
	}
	half = &conn->halves[0];
	count(HTTP2_UNORDERED);
	begin_record(scratch, half, half->next_seq - half->fill);
	scratch->record.before = 0;
	scratch->record.left = half->keep == KEEP_NONE ? half->left : 0;
	__builtin_memcpy(scratch->bytes, half->window, FRAME_HEAD_BYTES);
	scratch->fill = half->fill;
	send_frames(skb, conn, scratch, 0, HTTP2_WHOLE | HTTP2_UNORDERED_FROM);
	give_scratch(scratch);
	expect_frame(half);
	half->state = HALF_UNORDERED;
	half->hole = half->next_seq;
	half->left = UNORDERED_BYTES_MAX;
	return 0;
}

/* Whether all bytes before these have come to the socket. */
static __always_inline bool all_came(struct bpf_sock *sk, __u32 sequence)
{
	struct bpf_tcp_sock *tcp = bpf_tcp_sock(sk);

	return !tcp || (__s32)(tcp->rcv_nxt - sequence) >= 0;
}

/* Waits for another processor that is at what comes in. False: for too long. */
__noinline int take_turn(struct http_connection *conn)
{
	if (!conn)
		return 0;
	for (int i = 0; i < TURNS_MAX; i++)
		if (!__sync_lock_test_and_set(&conn->halves[0].busy, 1))
			return 1;
	return 0;
}

/* A packet with bytes of a connection of HTTP/2. */
static __always_inline void take_in_turn(struct __sk_buff *skb, struct bpf_sock *sk, struct http_connection *conn,
					__u32 start, __u32 sequence, bool is_egress)
{
	struct http_half *half = &conn->halves[is_egress];
	__u32 bytes = skb->len - start;
	__s32 ahead = half->next_seq ? sequence - half->next_seq : 0;

	if (half->state == HALF_UNORDERED) {
		if (ahead || !all_came(sk, sequence) || !frames_fit(skb, start)) {
			if (ahead + (__s32)bytes > 0)
				half->next_seq = sequence + bytes;
			if ((__s32)(sequence + bytes - half->hole) <= 0)
				return;
			if ((__s32)(sequence - half->hole) <= 0)
				half->hole = sequence + bytes;
			send_whole(skb, conn, start, sequence);
			return;
		}
		expect_frame(half);
		send_flag(skb, conn, sequence, is_egress, HTTP2_ORDERED);
	} else if (ahead < 0) {
		count(HTTP_RETRANSMITTED);
		if ((__s32)bytes <= -ahead)
			return;
		start -= ahead;
		sequence -= ahead;
		bytes += ahead;
	} else if (ahead > 0 && half->state != HALF_LOST) {
		if (half->left >= ahead && half->keep == KEEP_NONE) {
			/* Of a body; its length bridges them. */
			count(HTTP_GAPS_IN_BODY);
			half->left -= ahead;
		} else {
			if (!is_egress && half->keep != KEEP_FIRST && !all_came(sk, sequence))
				begin_whole(skb, conn);
			if (half->state == HALF_UNORDERED) {
				half->next_seq = sequence + bytes;
				send_whole(skb, conn, start, sequence);
				return;
			}
			lose_frames(half, HTTP_GAPS);
		}
	}
	half->next_seq = sequence + bytes;
	if (half->state == HALF_LOST) {
		if (!frames_fit(skb, start))
			return;
		expect_frame(half);
	}
	read_frames(skb, conn, start, is_egress, sequence);
}

/*
 * Packets that come in are seen before the socket's lock is taken: two processors may have some of one connection,
 * as when who sends over loopback is moved to another one. What goes out is sent under the lock.
 */
static __always_inline void take_frames(struct __sk_buff *skb, struct bpf_sock *sk, struct http_connection *conn,
					__u32 start, __u32 sequence, bool is_egress)
{
	if (!is_egress && !take_turn(conn)) {
		count(HTTP2_BUSY);
		return;
	}
	take_in_turn(skb, sk, conn, start, sequence, is_egress);
	if (!is_egress)
		__sync_lock_test_and_set(&conn->halves[0].busy, 0);
}

#endif
