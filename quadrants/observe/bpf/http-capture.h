/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Whole heads of the requests that a rule of sampling.h asks for, and of their
 * answers, one record each; so many a second, the rest counted. Fields are
 * looked at only while a rule needs it.
 */
#ifndef QUADRANT_HTTP_CAPTURE_H
#define QUADRANT_HTTP_CAPTURE_H

#include "sampling.h"

#define HEAD_BYTES 4096
#define NS_PER_SECOND 1000000000ULL

/* What was captured in a second that began at `ns`. */
struct sampling_window {
	__u64 ns;
	/* By a rate of the first ones of a second; by a cap. */
	__u32 first;
	__u32 taken;
};

/* The generation is written by user space, the rest by the programs; the last window is of all rules. */
struct sampling_state {
	__u32 generation;
	__u32 zero;
	struct sampling_window windows[SAMPLING_RULES + 1];
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
	/* Which rule asked for it, from 1 on: of a request. */
	__u8 rule;
	/* Slot of http_servers: whose socket it is. */
	__u32 server;
	/* Of the rules. */
	__u32 generation;
	__u32 zero;
	__u8 text[HEAD_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sampling_state);
} http_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SAMPLING_TABLES);
	__type(key, __u32);
	__type(value, struct sampling_table);
} http_sampling SEC(".maps");

/* By the slot of http_servers. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SERVERS_MAX);
	__type(key, __u32);
	__type(value, struct sampling_scope);
} http_scopes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} http_heads SEC(".maps");

/* Nothing but a mention: without one user space would not find the structure described in the object. */
const struct http_head *http_head_layout;

static __always_inline struct sampling_state *sampling_state(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&http_rules, &zero);
}

/* The rules of a generation, where that is still in its place. */
static __always_inline struct sampling_table *rules_of(__u32 generation)
{
	__u32 place = generation & (SAMPLING_TABLES - 1);
	struct sampling_table *table = bpf_map_lookup_elem(&http_sampling, &place);

	return table && table->generation == generation ? table : NULL;
}

static __always_inline __u32 generation_now(void)
{
	struct sampling_state *state = sampling_state();

	return state ? *(volatile __u32 *)&state->generation : 0;
}

/* `A` to `Z` as `a` to `z`, and no other byte changed. */
static __always_inline __u64 folded(__u64 word)
{
	__u64 low = word & 0x7f7f7f7f7f7f7f7fULL;
	__u64 above_z = low + 0x2525252525252525ULL;
	__u64 from_a = low + 0x3f3f3f3f3f3f3f3fULL;

	return word | (((from_a ^ above_z) & ~word & 0x8080808080808080ULL) >> 2);
}

/* Which bytes of word `i` belong to a text of so many bytes. */
static __always_inline __u64 mask_of(__u32 length, __u32 i)
{
	__u32 from = 8 * i;

	if (length <= from)
		return 0;
	return length >= from + 8 ? ~0ULL : (1ULL << (8 * (length - from) & 63)) - 1;
}

static __always_inline bool window_has(struct http_half *half, __u32 at, const unsigned char *text, __u32 length)
{
	for (__u32 i = 0; i < SAMPLING_NAME_BYTES / 8; i++) {
		__u64 mask = mask_of(length, i);

		if (mask && ((folded(word_at(half, at + 8 * i)) ^ ((const __u64 *)text)[i]) & mask))
			return false;
	}
	return true;
}

__noinline __u32 skip_blanks(struct http_half *half, __u32 at)
{
	if (!half)
		return at;
	for (int i = 0; i < 8; i++) {
		__u32 c = half->window[at & (WINDOW_BYTES - 1)];

		if (c != ' ' && c != '\t')
			break;
		at++;
	}
	return at;
}

/* Whether a field is what a rule looks for. Name and value in any case. */
__noinline int field_matches(struct http_half *half, __u32 line, struct sampling_rule *rule)
{
	__u32 at, end;

	if (!half || !rule)
		return 0;
	at = line + rule->name_length;
	if (half->window[at & (WINDOW_BYTES - 1)] != ':' || !window_has(half, line, rule->name, rule->name_length))
		return 0;
	if (!(rule->flags & SAMPLING_VALUE))
		return 1;
	at = skip_blanks(half, at + 1);
	if (!window_has(half, at, rule->value, rule->value_length))
		return 0;
	/* Not `higher`. */
	end = half->window[skip_blanks(half, at + rule->value_length) & (WINDOW_BYTES - 1)];
	return end == '\r' || end == '\n';
}

/* Notes which rules a field of a request is for. */
__noinline int match_field(struct http_half *half, __u32 line)
{
	struct sampling_table *table;
	__u32 matched;

	if (!half)
		return 0;
	table = rules_of(half->generation);
	if (!table)
		return 0;
	matched = half->matched;
	for (__u32 i = 0; i < SAMPLING_RULES; i++) {
		if (i >= table->count)
			break;
		if ((table->rules[i].flags & SAMPLING_HEADER) && field_matches(half, line, &table->rules[i]))
			matched |= 1U << i;
	}
	half->matched = matched;
	return 0;
}

/* Whether a path begins as a rule says, or may: user space looks again. */
__noinline int path_may_match(__u32 slot, struct sampling_rule *rule)
{
	struct http_path *path = bpf_map_lookup_elem(&http_paths, &slot);

	if (!rule || !slot || !path || path->text[0] != '/')
		return 1;
	for (__u32 i = 0; i < SAMPLING_PATH_BYTES / 8; i++) {
		__u64 mask = mask_of(rule->path_length, i);
		__u64 word = ((const __u64 *)path->text)[i];
		__u64 percent = word ^ 0x2525252525252525ULL;

		/* A letter may be written as its number. */
		if ((percent - 0x0101010101010101ULL) & ~percent & 0x8080808080808080ULL & mask)
			return 1;
		if ((word ^ ((const __u64 *)rule->path)[i]) & mask)
			return 0;
	}
	return 1;
}

/* Of a window that is kept by second; where two processors begin one at a time, a few more are let through. */
static __always_inline void begin_second(struct sampling_window *window, __u64 now)
{
	if (now - window->ns < NS_PER_SECOND)
		return;
	window->ns = now;
	window->first = window->taken = 0;
}

/* Whether the rate of a rule takes one more, and the caps allow it. */
static __always_inline bool may_capture(struct sampling_table *table, struct sampling_rule *rule, __u32 i)
{
	struct sampling_state *state = sampling_state();
	__u64 now = bpf_ktime_get_ns();
	struct sampling_window *own, *all;

	if (!state || i >= SAMPLING_RULES || bpf_get_prandom_u32() > rule->threshold)
		return false;
	own = &state->windows[i];
	all = &state->windows[SAMPLING_RULES];
	begin_second(own, now);
	begin_second(all, now);
	if (rule->per_second && __sync_fetch_and_add(&own->first, 1) >= rule->per_second)
		return false;
	if ((rule->cap && __sync_fetch_and_add(&own->taken, 1) >= rule->cap) ||
	    __sync_fetch_and_add(&all->taken, 1) >= table->cap) {
		count(HTTP_CAPTURE_CAPPED);
		return false;
	}
	return true;
}

/* A head has ended: of a request it is captured where the first rule that is for it takes it. */
__noinline int choose_rule(struct http_connection *conn, __u32 is_egress)
{
	struct http_half *half;
	struct sampling_table *table;
	struct sampling_scope *scope;
	struct http_request *request;
	__u32 server, bits = 0;

	if (!conn)
		return 0;
	half = &conn->halves[is_egress & 1];
	if ((is_egress & 1) == (conn->role == SIDE_SERVER) || !half->generation)
		return 0;
	/* Of one that the queue has no place for nothing more would be known. */
	if (conn->tail == conn->head || conn->crowded)
		return 0;
	table = rules_of(half->generation);
	if (!table)
		return 0;
	server = conn->server;
	request = &conn->queue[(conn->tail - 1) & (QUEUE_MAX - 1)];
	scope = bpf_map_lookup_elem(&http_scopes, &server);
	if (scope)
		bits = scope->rules[half->generation & (SAMPLING_TABLES - 1)];
	if (bits & SAMPLING_ELSEWHERE)
		return 0;
	for (__u32 i = 0; i < SAMPLING_RULES; i++) {
		struct sampling_rule *rule;

		if (i >= table->count)
			break;
		rule = &table->rules[i];
		if (((rule->flags & SAMPLING_HEADER) && !(half->matched >> i & 1)) || !(rule->protocols & 2) ||
		    ((rule->flags & SAMPLING_SERVICE) && !(bits >> i & 1)) ||
		    ((rule->flags & SAMPLING_PATH) && !path_may_match(request->path, rule)))
			continue;
		if (may_capture(table, rule, i))
			half->sampled = i + 1;
		return 0;
	}
	return 0;
}

/* A head ends at `end` of the packet. */
__noinline int capture_head(struct __sk_buff *skb, struct http_connection *conn, __u32 end, __u32 is_egress)
{
	bool is_response;
	struct http_half *half;
	struct http_head *head;
	__u32 bytes = 0, rule;

	if (!conn)
		return 0;
	half = &conn->halves[is_egress & 1];
	rule = half->sampled;
	half->sampled = 0;
	is_response = (is_egress & 1) == (conn->role == SIDE_SERVER);
	head = bpf_ringbuf_reserve(&http_heads, sizeof(*head), 0);
	if (!head) {
		count(HTTP_CAPTURE_FULL);
		return 0;
	}
	head->connection = bpf_get_socket_cookie(skb);
	head->cgroup = conn->cgroup;
	head->server = conn->server;
	head->peer = conn->peer;
	head->rule = is_response ? 0 : rule;
	head->generation = half->generation;
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
