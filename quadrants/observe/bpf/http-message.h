/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Messages of HTTP/1 (RFC 9112) of one connection: start lines, the fields that
 * frame a body, chunks, and the queue in which requests wait for their answer.
 */
#ifndef QUADRANT_HTTP_MESSAGE_H
#define QUADRANT_HTTP_MESSAGE_H

/* Requests that wait on one connection; a power of two. */
#define QUEUE_MAX 16

enum half_state {
	HALF_START, HALF_FIELDS, HALF_BODY, HALF_CHUNK, HALF_TRAILER, HALF_CLOSE, HALF_LOST,
	/* Of HTTP/2: packets came before those that they follow, and user space puts them in order. */
	HALF_UNORDERED,
};

enum protocol { PROTOCOL_NEW, PROTOCOL_HTTP1, PROTOCOL_HTTP2, PROTOCOL_TLS, PROTOCOL_OTHER, PROTOCOL_UPGRADED };

enum method {
	METHOD_NONE, METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_DELETE, METHOD_CONNECT,
	METHOD_OPTIONS, METHOD_TRACE, METHOD_PATCH, METHOD_PREFACE,
	/* A series of TLS connections, by the name asked for in the place of a path. */
	METHOD_HELLO,
};

struct http_request {
	__u64 start_ns;
	__u64 bytes;
	__u32 path;
	__u8 method;
	__u8 minor;
	__u8 sampled;
	__u8 zero;
};

struct http_connection {
	/* Taken by the direction of requests, given back by that of responses. */
	__u32 head;
	__u32 tail;
	/* Requests behind the queue's last one that it had no place for. */
	__u32 crowded;
	__u32 server;
	/* Series of the response that is under way. */
	__u32 series;
	__u16 tries;
	/* A packet of the client came by. */
	__u8 asked;
	__u8 protocol;
	__u8 role;
	__u8 peer;
	__u8 joined;
	__u8 closed;
	/* A request came while another one waited. */
	__u8 pipelined;
	/* Slot of http_clients: at the server's side. */
	__u16 client;
	__u64 cgroup;
	/*
	 * What was found last: as a rule a connection asks the same again, and a look at the tables costs two lines
	 * of the processor's cache each.
	 */
	__u64 last_path_hash;
	__u32 last_path;
	__u32 last_series;
	struct http_series_key last_key __attribute__((aligned(8)));
	/* The answer whose head is to be captured. */
	__u64 captured_ns;
	__u64 captured_latency_ns;
	__u32 captured;
	__u32 captured_status;
	struct http_request queue[QUEUE_MAX];
	/* 0 what comes in, 1 what goes out. */
	struct http_half halves[2];
};

static __always_inline __u64 lower(__u64 word)
{
	return word | 0x2020202020202020ULL;
}

#define TEXT8(a, b, c, d, e, f, g, h)                                                              \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |    \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)
#define BYTES(n) ((1ULL << 8 * (n)) - 1)

#include "http-capture.h"
#include "http2-frame.h"

/* The method that a line begins with, and how many bytes it and the blank take. */
static __always_inline __u32 method_of(__u64 word, __u32 *bytes)
{
	if ((word & BYTES(4)) == TEXT8('G', 'E', 'T', ' ', 0, 0, 0, 0))
		return *bytes = 4, METHOD_GET;
	if ((word & BYTES(5)) == TEXT8('P', 'O', 'S', 'T', ' ', 0, 0, 0))
		return *bytes = 5, METHOD_POST;
	if ((word & BYTES(5)) == TEXT8('H', 'E', 'A', 'D', ' ', 0, 0, 0))
		return *bytes = 5, METHOD_HEAD;
	if ((word & BYTES(4)) == TEXT8('P', 'U', 'T', ' ', 0, 0, 0, 0))
		return *bytes = 4, METHOD_PUT;
	if ((word & BYTES(7)) == TEXT8('D', 'E', 'L', 'E', 'T', 'E', ' ', 0))
		return *bytes = 7, METHOD_DELETE;
	if ((word & BYTES(6)) == TEXT8('P', 'A', 'T', 'C', 'H', ' ', 0, 0))
		return *bytes = 6, METHOD_PATCH;
	if (word == TEXT8('O', 'P', 'T', 'I', 'O', 'N', 'S', ' '))
		return *bytes = 8, METHOD_OPTIONS;
	if (word == TEXT8('C', 'O', 'N', 'N', 'E', 'C', 'T', ' '))
		return *bytes = 8, METHOD_CONNECT;
	if ((word & BYTES(6)) == TEXT8('T', 'R', 'A', 'C', 'E', ' ', 0, 0))
		return *bytes = 6, METHOD_TRACE;
	if (word == TEXT8('P', 'R', 'I', ' ', '*', ' ', 'H', 'T'))
		return *bytes = 6, METHOD_PREFACE;
	return METHOD_NONE;
}

/*
 * A request begins. The direction of requests alone writes `tail`, that of responses `head`; a response comes
 * after the socket's locks were held for its request, so it sees the queue's entry.
 */
static __always_inline void push_request(struct http_connection *conn, struct http_request *request)
{
	__u32 tail = conn->tail;

	count(HTTP_REQUESTS);
	if (conn->crowded || tail - conn->head >= QUEUE_MAX) {
		__sync_fetch_and_add(&conn->crowded, 1);
		count(HTTP_CROWDED);
		return;
	}
	if (tail != conn->head)
		conn->pipelined = 1;
	conn->queue[tail & (QUEUE_MAX - 1)] = *request;
	conn->tail = tail + 1;
}

/*
 * A request begins: which rules hold for it, and whether its fields are looked at. That is kept with the direction,
 * where the verifier does not know it: known, it would walk every loop once with it and once without.
 */
static __always_inline void begin_sampling(struct http_half *half)
{
	struct sampling_table *table;

	half->matched = 0;
	half->scans = 0;
	half->generation = generation_now();
	if (!half->generation)
		return;
	table = rules_of(half->generation);
	if (table && (table->flags & SAMPLING_SCAN))
		half->scans = 1;
}

static __always_inline __u32 series_of(struct http_connection *conn, struct http_series_key *key)
{
	const __u64 *a = (const __u64 *)&conn->last_key, *b = (const __u64 *)key;
	__u32 slot = conn->last_series;

	if (slot && a[0] == b[0] && a[1] == b[1])
		return slot;
	slot = find_series(key);
	/* A place for the rest is looked for again, and counted. */
	conn->last_series = slot >= SERVERS_MAX ? slot : 0;
	conn->last_key = *key;
	return slot;
}

/* The slot of a path, found again where the connection's last request had the same. */
static __always_inline __u32 path_of(struct http_connection *conn, struct http_half *half, __u32 start,
				     struct path_mark *mark)
{
	__u32 slot = conn->last_path;

	if (slot && conn->last_path_hash == mark->hash)
		return slot;
	slot = find_path(half, start, mark, conn->server);
	conn->last_path = slot;
	conn->last_path_hash = mark->hash;
	return slot;
}

/* Counts a request with its answer, or with none (status 0). */
__noinline int tell_request(struct http_connection *conn, __u32 index, __u32 status)
{
	struct http_series_key key __attribute__((aligned(8))) = {};
	struct http_request *request;
	struct http_series *series;
	__u32 slot;

	if (!conn)
		return 0;
	request = &conn->queue[index & (QUEUE_MAX - 1)];
	key.server = conn->server;
	key.path = request->path;
	key.status = status;
	key.method = request->method;
	key.peer = conn->peer;
	key.minor = request->minor;
	key.client = conn->client;
	slot = series_of(conn, &key);
	conn->series = slot;
	series = bpf_map_lookup_elem(&http_series, &slot);
	if (!series)
		return 0;
	__sync_fetch_and_add(&series->count, 1);
	__sync_fetch_and_add(&series->request_bytes, request->bytes);
	if (status) {
		__u64 ns = bpf_ktime_get_ns() - request->start_ns;

		__sync_fetch_and_add(&series->latency_ns, ns);
		add_latency(series, ns);
	}
	return 0;
}

/* No answer comes any more to what waits. */
__noinline int drop_requests(struct http_connection *conn, __u32 counter, __u32 tell)
{
	__u32 waiting;

	if (!conn)
		return 0;
	waiting = conn->tail - conn->head;
	for (__u32 i = 0; i < QUEUE_MAX; i++) {
		if (i >= waiting)
			break;
		if (tell)
			tell_request(conn, conn->head + i, 0);
	}
	count_many(counter, waiting);
	conn->head = conn->tail;
	conn->crowded = 0;
	return 0;
}

static __always_inline void lose(struct http_half *half, __u32 counter)
{
	count(counter);
	half->state = HALF_LOST;
	half->fill = half->line = half->scan = 0;
	half->skip_line = 0;
	half->may_start = half->sampled = 0;
}

static __always_inline void expect_start(struct http_half *half)
{
	half->state = HALF_START;
	half->has_length = half->chunked = half->no_body = 0;
	half->left = 0;
}

/* What comes behind the empty line that ends the fields. */
static __always_inline void end_fields(struct http_half *half, bool is_response)
{
	if (half->tunnel) {
		half->tunnel = 0;
		half->state = HALF_CLOSE;
	} else if (half->no_body) {
		expect_start(half);
	} else if (half->chunked) {
		half->left = 0;
		half->state = HALF_CHUNK;
	} else if (half->has_length) {
		if (half->left)
			half->state = HALF_BODY;
		else
			expect_start(half);
	} else if (is_response) {
		half->state = HALF_CLOSE;
	} else {
		expect_start(half);
	}
}

/* Functions of their own, as the verifier then looks at them once and not in every turn of a loop. */
__noinline int take_length(struct http_half *half, __u32 at)
{
	__u64 length = 0;
	__u32 i;

	if (!half)
		return 0;
	for (i = 0; i < 24; i++) {
		__u32 c = half->window[(at + i) & (WINDOW_BYTES - 1)];

		if (c == ' ' || c == '\t')
			continue;
		if (c - '0' > 9)
			break;
		length = length * 10 + (c - '0');
	}
	half->left = length;
	half->has_length = 1;
	return 0;
}

static __always_inline void take_field(struct http_half *half, __u32 line)
{
	__u64 name = lower(word_at(half, line));

	if (half->scans)
		match_field(half, line);

	if (name == TEXT8('c', 'o', 'n', 't', 'e', 'n', 't', '-')) {
		if ((lower(word_at(half, line + 8)) & BYTES(7)) == TEXT8('l', 'e', 'n', 'g', 't', 'h', ':', 0))
			take_length(half, line + 15);
	} else if (name == TEXT8('t', 'r', 'a', 'n', 's', 'f', 'e', 'r')) {
		if (lower(word_at(half, line + 8)) == TEXT8('-', 'e', 'n', 'c', 'o', 'd', 'i', 'n'))
			half->chunked = 1;
	}
}

static __always_inline bool is_empty(struct http_half *half, __u32 line)
{
	__u32 c = half->window[line & (WINDOW_BYTES - 1)];

	return c == '\n' || (c == '\r' && half->window[(line + 1) & (WINDOW_BYTES - 1)] == '\n');
}

/*
 * The fields whose lines are whole in the window, in one go: what next_line and take_line do line by line. What
 * is left, if it is, needs more bytes.
 */
__noinline int take_fields(struct http_half *half, __u32 is_response)
{
	__u32 line, scan, fill;

	if (!half)
		return 0;
	line = half->line;
	scan = half->scan;
	fill = half->fill;
	for (int i = 0; i < WINDOW_BYTES / 4; i++) {
		__u32 found;

		if (scan >= fill)
			break;
		found = newline_in(word_at(half, scan));
		scan += found;
		if (found == 8)
			continue;
		if (scan >= fill)
			break;
		scan++;
		if (scan - line <= 2 && is_empty(half, line)) {
			half->line = half->scan = scan;
			end_fields(half, is_response);
			return 0;
		}
		take_field(half, line);
		line = scan;
	}
	half->line = line;
	half->scan = line;
	return 0;
}

/* A chunk's size (RFC 9112, 7.1). */
__noinline int take_chunk(struct http_half *half, __u32 line)
{
	__u64 size = 0;
	__u32 i;

	if (!half)
		return 0;
	for (i = 0; i < 16; i++) {
		__u32 c = half->window[(line + i) & (WINDOW_BYTES - 1)];

		if (c - '0' <= 9)
			size = size << 4 | (c - '0');
		else if ((c | 32) - 'a' <= 5)
			size = size << 4 | ((c | 32) - 'a' + 10);
		else
			break;
	}
	if (i == 0 || i > 8) {
		lose(half, HTTP_MISFRAMED);
	} else if (size == 0) {
		half->state = HALF_TRAILER;
	} else {
		half->left = size + 2;
		half->state = HALF_BODY;
	}
	return 0;
}

/* A request line. False when it is none. */
static __always_inline bool take_request(struct http_connection *conn, struct http_half *half, __u32 method,
					 __u32 method_bytes)
{
	struct http_request request = {};
	struct path_mark mark = {};
	__u32 start = half->line + method_bytes;
	__u32 stop = half->after;
	__u32 c = half->window[start & (WINDOW_BYTES - 1)];

	if (method != METHOD_CONNECT && c != '/' && c != '*' && (c | 32) != 'h')
		return false;
	/* A line that is longer than the window ends beyond it: its version is not looked at. */
	request.minor = 1;
	if (!half->skip_line) {
		__u32 end = stop - 1;

		if (end > 0 && half->window[(end - 1) & (WINDOW_BYTES - 1)] == '\r')
			end--;
		if (end < start + 10)
			return false;
		if ((word_at(half, end - 8) & BYTES(7)) != TEXT8('H', 'T', 'T', 'P', '/', '1', '.', 0))
			return false;
		request.minor = half->window[(end - 1) & (WINDOW_BYTES - 1)] - '0';
	}
	mark_path(half, start, stop, &mark);
	request.path = path_of(conn, half, start, &mark);
	request.method = method;
	request.start_ns = half->started_ns;
	if (!request.start_ns)
		request.start_ns = bpf_ktime_get_ns();
	push_request(conn, &request);
	begin_sampling(half);
	half->tunnel = method == METHOD_CONNECT;
	return true;
}

/* A status line. False when it is none. */
static __always_inline bool take_response(struct http_connection *conn, struct http_half *half, __u32 is_egress)
{
	__u32 line = half->line;
	__u32 a = half->window[(line + 9) & (WINDOW_BYTES - 1)] - '0';
	__u32 b = half->window[(line + 10) & (WINDOW_BYTES - 1)] - '0';
	__u32 c = half->window[(line + 11) & (WINDOW_BYTES - 1)] - '0';
	__u32 status = a * 100 + b * 10 + c;

	if (a - 1 > 8 || b > 9 || c > 9)
		return false;
	if (a == 1 && status != 101) {
		count(HTTP_INTERIM);
		half->no_body = 1;
		return true;
	}
	conn->halves[!(is_egress & 1)].may_start = 1;
	half->no_body = status == 204 || status == 304;
	if (conn->head != conn->tail) {
		__u32 head = conn->head;
		__u32 method = conn->queue[head & (QUEUE_MAX - 1)].method;

		tell_request(conn, head, status);
		if (conn->queue[head & (QUEUE_MAX - 1)].sampled) {
			conn->captured = head;
			conn->captured_status = status;
			conn->captured_ns = bpf_ktime_get_ns();
			conn->captured_latency_ns = conn->captured_ns - conn->queue[head & (QUEUE_MAX - 1)].start_ns;
			half->sampled = 1;
		}
		conn->head = head + 1;
		count(HTTP_ANSWERED);
		if (method == METHOD_HEAD)
			half->no_body = 1;
		/* Refused: what its client sends next is a request again. */
		if (method == METHOD_CONNECT && a != 2)
			expect_start(&conn->halves[!(is_egress & 1)]);
		if (status == 101 || (method == METHOD_CONNECT && a == 2)) {
			conn->protocol = PROTOCOL_UPGRADED;
			count(HTTP_CONNECTION_UPGRADED);
		}
	} else if (conn->crowded) {
		/* Which method it had is not known, so neither is whether a body comes. */
		__sync_fetch_and_add(&conn->crowded, -1);
		count(HTTP_RESPONSE_CROWDED);
		conn->series = 0;
	} else {
		count(HTTP_RESPONSE_UNPAIRED);
		conn->series = 0;
	}
	return true;
}

/* What a line means where it stands. */
__noinline int take_line(struct http_connection *conn, __u32 is_egress, __u32 kind)
{
	struct http_half *half;
	bool is_response;
	__u32 line;

	if (!conn)
		return 0;
	half = &conn->halves[is_egress & 1];
	line = half->line;
	is_response = (is_egress & 1) == (conn->role == SIDE_SERVER);
	if (kind == LINE_REST) {
		/* The end of a line whose beginning was taken before. */
		half->skip_line = 0;
		return 0;
	}
	switch (half->state) {
	case HALF_START: {
		__u64 word = word_at(half, line);
		__u32 bytes = 0, method;
		bool taken;

		/* RFC 9112, 2.2: empty lines may come before a request. */
		if (is_empty(half, line))
			return 0;
		if (is_response) {
			taken = (word & BYTES(7)) == TEXT8('H', 'T', 'T', 'P', '/', '1', '.', 0) &&
				take_response(conn, half, is_egress);
		} else {
			method = method_of(word, &bytes);
			if (method == METHOD_PREFACE) {
				/* In pieces: it was counted as HTTP/1 by its first one. */
				conn->protocol = PROTOCOL_HTTP2;
				count(HTTP_CONNECTION_UPGRADED);
				half->base += half->after;
				half->left = PREFACE_BYTES - PREFACE_LINE_BYTES;
				half->fill = 0;
				return 0;
			}
			taken = method != METHOD_NONE && take_request(conn, half, method, bytes);
		}
		half->started_ns = 0;
		if (taken) {
			half->in_step = 1;
			half->state = HALF_FIELDS;
			half->head_at = half->base > 0 ? half->base + line : 0;
		} else {
			lose(half, HTTP_MISFRAMED);
		}
		return 0;
	}
	case HALF_FIELDS:
		if (is_empty(half, line))
			end_fields(half, is_response);
		else
			take_field(half, line);
		return 0;
	case HALF_CHUNK:
		/* Extensions of hundreds of bytes: nobody sends them. */
		if (kind == LINE_START)
			lose(half, HTTP_TOO_LONG);
		else
			take_chunk(half, line);
		return 0;
	case HALF_TRAILER:
		if (is_empty(half, line))
			expect_start(half);
		return 0;
	}
	return 0;
}

#endif
