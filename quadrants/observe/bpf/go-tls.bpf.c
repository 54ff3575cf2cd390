// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * What crypto/tls carries in Go programs, on x86-64: before it is encrypted and
 * after it was decrypted, at calls within Write and Read, where the locks of
 * their direction are held. So bytes come in their order, and a handshake is
 * over. One program for every place; the cookie tells where and in whom it runs.
 *
 * A connection is known by its tls.Conn, from its handshake on: a new one that
 * has the memory of an old one begins with a handshake as well.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "record.h"
#include "socket.h"
#include "stream.h"
#include "go-tls.h"

/* Where Go has arguments (ABIInternal): AX, BX, CX, DI; what a function was given first is kept above its frame. */
enum tls_kind {
	TLS_HANDSHAKE = 1,   /* AX: conn */
	TLS_WRITE = 2,       /* call of writeRecordLocked. AX: conn, CX and DI: bytes */
	TLS_WRITE_ENTRY = 3, /* AX: conn, BX and CX: bytes */
	TLS_READ_COPY = 4,   /* call of memmove. BX and CX: what is copied from; frame: conn */
	TLS_READ_CALL = 5,   /* call of bytes.(*Reader).Read. AX: reader, CX: room; frame: conn */
};

/* cookie: kind | flags << 8 | generation << 16 | slot << 32 */
enum tls_cookie_flag {
	TLS_COOKIE_STEPPED = 1, /* the instruction is single-stepped: a dearer trap */
	TLS_COOKIE_SEVERAL = 2, /* there are other calls like this one: told apart by what is copied */
};

/* Indices of tls_counts. */
enum tls_count {
	TLS_RING_FULL = 0,   /* records */
	TLS_UNREADABLE = 1,  /* calls whose memory was not there */
	TLS_TABLE_FULL = 2,  /* connections */
	TLS_NOT_TCP = 3,     /* connections: what is below is no TCP connection that we know how to come by */
	TLS_NO_COOKIE = 4,   /* calls on sockets that have no cookie as yet */
	TLS_COUNTS = 8,
};

#define TLS_SLOTS 256
/* As many as user space reads at a time. */
#define TLS_CONNECTIONS 16384
/* The stack's word for the first argument, above the frame pointer and the address of return. */
#define FIRST_ARGUMENT 16
/* Between what was read of a connection and what is, where its process was not probed meanwhile. */
#define BYTES_MISSED (1 << 24)
/* Of one call: records. */
#define PIECES_MAX 5
/* Of one call, while the ring is more than three quarters full. */
#define PRESSED_BYTES_MAX 1024
/* BPF_RB_AVAIL_DATA, BPF_RB_RING_SIZE */
#define RING_AVAILABLE 0
#define RING_BYTES 1

/* One probed process. User space writes it before it attaches, and reads the counts without a system call. */
struct tls_process {
	__u32 generation; /* of the cookies that mean this process; 0 is nobody */
	__u32 pad;
	__u64 hits;
	__u64 stepped_hits;
	struct tls_layout layout;
};

struct tls_key {
	__u64 conn;
	__u32 tgid;
	__u32 zero;
};

struct tls_connection {
	/* As records of it begin. */
	struct stream_record head;
	/* Bytes told, by direction. */
	__u32 sent;
	__u32 received;
	/* In whose time they were: slot and generation. */
	__u64 probed;
	/* Directions of which nothing was told, while all would be: STREAM_SENT and 1 << STREAM_SENT. */
	__u32 unbegun;
	__u32 zero;
};

/* struct pt_regs of x86-64, which uprobes hand to programs as it is. */
struct x86_64_regs {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip;
};

/* Bytes to be told of. */
struct span {
	__u64 from;
	__u64 bytes;
};

struct piece {
	struct stream_record head;
	__u64 from;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} tls_records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TLS_SLOTS);
	__type(key, __u32);
	__type(value, struct tls_process);
} tls_processes SEC(".maps");

/* Not by last use: one that made room would begin anew while it lives. They go with their sockets. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TLS_CONNECTIONS);
	__type(key, struct tls_key);
	__type(value, struct tls_connection);
} tls_connections SEC(".maps");

/* By socket cookie. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TLS_CONNECTIONS);
	__type(key, __u64);
	__type(value, struct tls_key);
} tls_sockets SEC(".maps");

/* Connections that are not read, so that each is looked at and counted once. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct tls_key);
	__type(value, __u8);
} tls_unread SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TLS_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} tls_counts SEC(".maps");

static __always_inline void count(__u32 index)
{
	__u64 *value = bpf_map_lookup_elem(&tls_counts, &index);

	if (value)
		__sync_fetch_and_add(value, 1);
}

static __always_inline void leave_unread(const struct tls_key *key, __u32 why)
{
	__u8 one = 1;

	if (!bpf_map_update_elem(&tls_unread, key, &one, BPF_NOEXIST))
		count(why);
}

/* Learns whose connection it is. A function of its own, which is verified once. */
__noinline int join(struct tls_process *process, const struct tls_key *key, struct tls_connection *c)
{
	struct tls_key *holder;
	struct sock *sk;
	__u8 is_client = 0;

	if (!process || !key || !c)
		return 0;
	sk = find_socket(&process->layout, key->conn);
	if (!sk || !read_user(&is_client, 1, key->conn + process->layout.is_client)) {
		leave_unread(key, TLS_NOT_TCP);
		return 0;
	}
	write_socket(&c->head, sk);
	if (!c->head.connection) {
		count(TLS_NO_COOKIE);
		return 0;
	}
	/* Of a socket that another connection has, what both carry would be told as one. */
	holder = bpf_map_lookup_elem(&tls_sockets, &c->head.connection);
	if (holder && (holder->conn != key->conn || holder->tgid != key->tgid) &&
	    bpf_map_lookup_elem(&tls_connections, holder)) {
		leave_unread(key, TLS_NOT_TCP);
		return 0;
	}
	c->head.tgid = key->tgid;
	c->head.flags = STREAM_TLS | (is_client ? STREAM_CLIENT : STREAM_SERVER);
	if (bpf_map_update_elem(&tls_sockets, &c->head.connection, key, BPF_ANY) ||
	    bpf_map_update_elem(&tls_connections, key, c, BPF_ANY)) {
		bpf_map_delete_elem(&tls_sockets, &c->head.connection);
		leave_unread(key, TLS_TABLE_FULL);
		return 0;
	}
	return 1;
}

/*
 * Puts a piece into the ring, in a place of one of few sizes: the kernel wants
 * them constant, and memory of the processor's own is not ours alone, since a
 * uprobe's program may have to wait for another one.
 */
#define TELL_WITHIN(room)                                                                                    \
	do {                                                                                                 \
		struct {                                                                                     \
			struct stream_record head;                                                           \
			__u8 bytes[room];                                                                    \
		} *told = bpf_ringbuf_reserve(&tls_records, sizeof(*told), 0);                               \
		if (!told) {                                                                                 \
			count(TLS_RING_FULL);                                                                \
			return 0;                                                                            \
		}                                                                                            \
		told->head = p->head;                                                                        \
		if (bytes > room)                                                                            \
			bytes = room;                                                                        \
		if (bytes && bpf_probe_read_user(told->bytes, bytes, (const void *)p->from)) {              \
			count(TLS_UNREADABLE);                                                               \
			bytes = 0;                                                                           \
		}                                                                                            \
		told->head.copied = bytes;                                                                   \
		bpf_ringbuf_submit(told, BPF_RB_NO_WAKEUP);                                                  \
		return 0;                                                                                    \
	} while (0)

__noinline int tell_piece(struct piece *p)
{
	__u32 bytes;

	if (!p)
		return 0;
	bytes = p->head.copied;
	if (bytes <= 8)
		TELL_WITHIN(8);
	if (bytes <= 256)
		TELL_WITHIN(256);
	if (bytes <= 1024)
		TELL_WITHIN(1024);
	if (bytes <= 4096)
		TELL_WITHIN(4096);
	TELL_WITHIN(STREAM_RECORD_BYTES_MAX);
}

static __always_inline bool is_pressed(void)
{
	return bpf_ringbuf_query(&tls_records, RING_AVAILABLE) >
	       bpf_ringbuf_query(&tls_records, RING_BYTES) / 4 * 3;
}

static __always_inline void tell(struct tls_connection *c, const struct span *span, __u32 is_sent)
{
	__u32 left = span->bytes > 0x7fffffff ? 0x7fffffff : span->bytes;
	/* A ring that fills up has room for heads, and most bodies have a length that bridges them. */
	__u32 budget = is_pressed() ? PRESSED_BYTES_MAX : STREAM_CALL_BYTES_MAX;
	struct piece piece = { .head = c->head, .from = span->from };
	__u32 *told = is_sent ? &c->sent : &c->received;
	__u32 begins = 1 << is_sent;

	piece.head.at_ns = bpf_ktime_get_ns();
	piece.head.offset = __sync_fetch_and_add(told, left);
	piece.head.flags |= is_sent ? STREAM_SENT : 0;
	if (c->unbegun & begins) {
		__sync_fetch_and_and(&c->unbegun, ~begins);
		piece.head.flags |= STREAM_FROM_START;
	}
	for (int i = 0; i < PIECES_MAX && left; i++) {
		__u32 bytes = left < budget ? left : budget;

		if (bytes > STREAM_RECORD_BYTES_MAX)
			bytes = STREAM_RECORD_BYTES_MAX;
		piece.head.copied = bytes;
		piece.head.length = bytes ? bytes : left;
		tell_piece(&piece);
		piece.head.offset += piece.head.length;
		piece.head.flags &= ~STREAM_FROM_START;
		piece.from += bytes;
		left -= piece.head.length;
		budget -= bytes;
	}
}

/* What passed while nobody probed is missing. */
static __always_inline void resume(struct tls_connection *c, __u64 probed)
{
	if (c->probed == probed)
		return;
	c->probed = probed;
	c->unbegun = 0;
	__sync_fetch_and_add(&c->sent, BYTES_MISSED);
	__sync_fetch_and_add(&c->received, BYTES_MISSED);
}

/* A handshake begins: from here on it is known from its first byte. */
static __always_inline void begin(struct tls_process *process, const struct tls_key *key, __u64 probed)
{
	struct tls_connection *known = bpf_map_lookup_elem(&tls_connections, key);
	struct tls_connection c = { .probed = probed, .unbegun = 3 };
	struct piece piece = {};

	bpf_map_delete_elem(&tls_unread, key);
	/* Once more on the same socket: renegotiation, within the connection that we know. */
	if (known) {
		struct sock *sk = find_socket(&process->layout, key->conn);

		if (sk && BPF_CORE_READ(sk, __sk_common.skc_cookie.counter) == known->head.connection) {
			resume(known, probed);
			return;
		}
	}
	bpf_map_delete_elem(&tls_connections, key);
	if (!join(process, key, &c))
		return;
	piece.head = c.head;
	piece.head.at_ns = bpf_ktime_get_ns();
	piece.head.flags |= STREAM_FROM_START;
	tell_piece(&piece);
}

static __always_inline struct tls_connection *connection_of(struct tls_process *process,
							    const struct tls_key *key, __u64 probed)
{
	struct tls_connection *known = bpf_map_lookup_elem(&tls_connections, key);
	struct tls_connection c = { .probed = probed };

	if (known) {
		resume(known, probed);
		return known;
	}
	if (bpf_map_lookup_elem(&tls_unread, key) || !join(process, key, &c))
		return NULL;
	return bpf_map_lookup_elem(&tls_connections, key);
}

/* What a reader holds and has not given yet, as far as there is room. */
static __always_inline bool read_reader(const struct tls_layout *layout, __u64 reader, struct span *span)
{
	struct span all = {};
	__u64 index = 0;

	if (!read_user(&all, sizeof(all), reader + layout->reader_bytes) ||
	    !read_user(&index, sizeof(index), reader + layout->reader_index)) {
		count(TLS_UNREADABLE);
		return false;
	}
	if (index >= all.bytes)
		return false;
	span->from = all.from + index;
	all.bytes -= index;
	if (span->bytes > all.bytes)
		span->bytes = all.bytes;
	return true;
}

/* Whether it is decrypted bytes that are copied. */
static __always_inline bool is_input(const struct tls_layout *layout, __u64 conn, __u64 from)
{
	struct span input = { .bytes = ~0ULL };

	return read_reader(layout, conn + layout->input, &input) && input.from == from;
}

SEC("uprobe.multi")
int go_tls(struct x86_64_regs *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);
	__u32 kind = cookie & 0xff, slot = cookie >> 32, is_sent;
	struct tls_process *process = bpf_map_lookup_elem(&tls_processes, &slot);
	struct tls_key key = { .tgid = bpf_get_current_pid_tgid() >> 32 };
	struct tls_connection *c;
	struct span span = {};
	/* Each by itself: the kernel wants constant offsets, and the compiler likes to choose between two. */
	__u64 ax = *(volatile __u64 *)&regs->ax;
	__u64 bx = *(volatile __u64 *)&regs->bx;
	__u64 cx = *(volatile __u64 *)&regs->cx;
	__u64 di = *(volatile __u64 *)&regs->di;
	__u64 bp = *(volatile __u64 *)&regs->bp;

	if (!process || process->generation != (cookie >> 16 & 0xffff))
		return 0;
	__sync_fetch_and_add(&process->hits, 1);
	if (cookie >> 8 & TLS_COOKIE_STEPPED)
		__sync_fetch_and_add(&process->stepped_hits, 1);
	key.conn = ax;
	is_sent = kind == TLS_WRITE || kind == TLS_WRITE_ENTRY;
	if (kind == TLS_HANDSHAKE) {
		begin(process, &key, cookie >> 16);
		return 0;
	}
	if (!is_sent && !read_user(&key.conn, sizeof(key.conn), bp + FIRST_ARGUMENT)) {
		count(TLS_UNREADABLE);
		return 0;
	}
	if (kind == TLS_WRITE) {
		span.from = cx;
		span.bytes = di;
	} else {
		span.from = bx;
		span.bytes = cx;
	}
	if (kind == TLS_READ_CALL && !read_reader(&process->layout, ax, &span))
		return 0;
	if (cookie >> 8 & TLS_COOKIE_SEVERAL && !is_input(&process->layout, key.conn, span.from))
		return 0;
	if (!span.bytes)
		return 0;
	c = connection_of(process, &key, cookie >> 16);
	if (c)
		tell(c, &span, is_sent);
	return 0;
}

/* Not as its state closes: what has arrived may be read after that. */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tls_closed, struct sock *sk)
{
	__u64 cookie = sk->__sk_common.skc_cookie.counter;
	struct tls_key *key = bpf_map_lookup_elem(&tls_sockets, &cookie);
	struct tls_connection *c;
	struct piece piece = {};

	if (!key)
		return 0;
	c = bpf_map_lookup_elem(&tls_connections, key);
	/* Another connection may have its memory by now. */
	if (c && c->head.connection == cookie) {
		piece.head = c->head;
		bpf_map_delete_elem(&tls_connections, key);
	}
	bpf_map_delete_elem(&tls_sockets, &cookie);
	piece.head.connection = cookie;
	piece.head.at_ns = bpf_ktime_get_ns();
	piece.head.flags |= STREAM_TLS | STREAM_CLOSED;
	tell_piece(&piece);
	return 0;
}

/* For hosts where nobody else gives sockets their cookies. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tls_cookie, struct sock *sk, int old_state, int new_state)
{
	if (new_state == TCP_ESTABLISHED && sk->sk_protocol == IPPROTO_TCP)
		bpf_get_socket_cookie(sk);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
