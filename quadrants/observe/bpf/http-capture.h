/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Whole heads of the requests that ask for it by a field `X-Trace-Sampling:
 * high`, and of their answers, one record each. Looked for only while user
 * space says so, in memory that it shares; so many a second, the rest counted.
 */
#ifndef QUADRANT_HTTP_CAPTURE_H
#define QUADRANT_HTTP_CAPTURE_H

#define HEAD_BYTES 4096
#define NS_PER_SECOND 1000000000ULL

/* Written by user space; `window_ns` and `taken` by the programs. */
struct http_rule {
	__u32 scan;
	__u32 per_second_max;
	__u64 window_ns;
	__u32 taken;
	__u32 zero;
};

struct http_head {
	/* Socket cookie, and which of the connection's requests it is. */
	__u64 connection;
	__u64 cgroup;
	__u64 at_ns;
	/* Of an answer. */
	__u64 latency_ns;
	__u32 request;
	__u16 status;
	__u16 bytes;
	__u8 is_response;
	/* The head has more bytes than these, or began in an earlier packet, and then it has none. */
	__u8 cut;
	/* enum peer_class. */
	__u8 peer;
	__u8 zero;
	/* Slot of http_servers: whose socket it is. */
	__u32 server;
	__u8 text[HEAD_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct http_rule);
} http_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} http_heads SEC(".maps");

/* Nothing but a mention: without one user space would not find the structure described in the object. */
const struct http_head *http_head_layout;

static __always_inline struct http_rule *rule(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&http_rules, &zero);
}

/* Whether a field asks for its request. Name and value in any case. */
__noinline int asks_for_capture(struct http_half *half, __u32 line)
{
	__u32 at = line + 17;

	if (!half)
		return 0;
	if (lower(word_at(half, line)) != TEXT8('x', '-', 't', 'r', 'a', 'c', 'e', '-') ||
	    lower(word_at(half, line + 8)) != TEXT8('s', 'a', 'm', 'p', 'l', 'i', 'n', 'g') ||
	    half->window[(line + 16) & (WINDOW_BYTES - 1)] != ':')
		return 0;
	for (int i = 0; i < 8; i++) {
		__u32 c = half->window[at & (WINDOW_BYTES - 1)];

		if (c != ' ' && c != '\t')
			break;
		at++;
	}
	if ((lower(word_at(half, at)) & BYTES(4)) != TEXT8('h', 'i', 'g', 'h', 0, 0, 0, 0))
		return 0;
	/* Not `higher`. */
	return half->window[(at + 4) & (WINDOW_BYTES - 1)] <= ' ';
}

/* Whether one more may be taken in this second. */
static __always_inline bool may_capture(__u64 now)
{
	struct http_rule *allowed = rule();

	if (!allowed)
		return false;
	if (now - allowed->window_ns >= NS_PER_SECOND) {
		allowed->window_ns = now;
		allowed->taken = 0;
	}
	return __sync_fetch_and_add(&allowed->taken, 1) < allowed->per_second_max;
}

/* A head ends at `end` of the packet. */
__noinline int capture_head(struct __sk_buff *skb, struct http_connection *conn, __u32 end, __u32 is_egress)
{
	bool is_response;
	struct http_half *half;
	struct http_head *head;
	__u64 now = bpf_ktime_get_ns();
	__u32 bytes = 0;

	if (!conn)
		return 0;
	half = &conn->halves[is_egress & 1];
	half->sampled = 0;
	is_response = (is_egress & 1) == (conn->role == SIDE_SERVER);
	if (!is_response) {
		/* Of one that the queue has no place for nothing more would be known. */
		if (conn->tail == conn->head || conn->crowded || !may_capture(now)) {
			count(HTTP_CAPTURE_CAPPED);
			return 0;
		}
	}
	head = bpf_ringbuf_reserve(&http_heads, sizeof(*head), 0);
	if (!head) {
		count(HTTP_CAPTURE_FULL);
		return 0;
	}
	head->connection = bpf_get_socket_cookie(skb);
	head->cgroup = conn->cgroup;
	head->server = conn->server;
	head->peer = conn->peer;
	head->zero = 0;
	head->is_response = is_response;
	head->cut = 1;
	if (is_response) {
		head->at_ns = conn->captured_ns;
		head->latency_ns = conn->captured_latency_ns;
		head->request = conn->captured;
		head->status = conn->captured_status;
	} else {
		struct http_request *request = &conn->queue[(conn->tail - 1) & (QUEUE_MAX - 1)];

		request->sampled = 1;
		head->at_ns = request->start_ns;
		head->latency_ns = 0;
		head->request = conn->tail - 1;
		head->status = 0;
	}
	if (half->head_at && half->head_at < end) {
		bytes = end - half->head_at;
		if (bytes <= HEAD_BYTES)
			head->cut = 0;
		else
			bytes = HEAD_BYTES;
		asm volatile("" : "+r"(bytes));
		if (bytes == 0 || bytes > HEAD_BYTES || bpf_skb_load_bytes(skb, half->head_at, head->text, bytes))
			bytes = 0;
	}
	head->bytes = bytes;
	bpf_ringbuf_submit(head, BPF_RB_NO_WAKEUP);
	return 0;
}

#endif
