// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * TCP connections from their state changes alone: nothing runs per message, and
 * nothing is stored with the socket. A short connection writes two records, its
 * CLOSE at each end (transit.h); user space joins them.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>
#include "record.h"
#include "emit.h"
#include "process.h"
#include "socket.h"
#include "transit.h"

#define BIT(state) (1U << (state))

static const __u32 seen_states = BIT(TCP_SYN_SENT) | BIT(TCP_ESTABLISHED) | BIT(TCP_LISTEN) |
				 BIT(TCP_FIN_WAIT1) | BIT(TCP_LAST_ACK) | BIT(TCP_CLOSE);

/*
 * The socket lock is owned only by a process: packets that arrive meanwhile are
 * queued. So an owned lock says that the current process is one that holds
 * this socket, whatever the tracepoint; interrupts never see it owned.
 */
static __always_inline bool in_process(const struct sock *sk)
{
	return sk->sk_lock.owned;
}

static __always_inline void write_head(struct sock_record *r, __u8 kind, __u8 flags, struct sock *sk)
{
	r->kind = kind;
	r->protocol = IPPROTO_TCP;
	r->flags = flags;
	r->ts = bpf_ktime_get_ns();
	write_addresses(r, &sk->__sk_common);
	r->error = sk->sk_err;
}

static __always_inline void write_holder(struct sock_record *r, struct sock *sk)
{
	if (in_process(sk))
		write_current(r);
	else
		write_no_process(r, sk->sk_uid.val);
}

/*
 * The cookie of the socket that a process has just brought to CLOSE on this CPU.
 * Its destruction follows in the same call, and would tell the same once more.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} just_closed SEC(".maps");

static __always_inline void remember_closed(__u64 cookie)
{
	__u32 zero = 0;
	__u64 *closed = bpf_map_lookup_elem(&just_closed, &zero);

	if (closed)
		*closed = cookie;
}

static __always_inline bool was_just_closed(__u64 cookie)
{
	__u32 zero = 0;
	__u64 *closed = bpf_map_lookup_elem(&just_closed, &zero);

	return closed && *closed == cookie;
}

/* Keeps what a state tells until the socket's next record; false where it must be told at once. */
static __always_inline bool keep_state(struct sock *sk, __u64 cookie, int new_state)
{
	struct transit *place = transit_of(cookie);

	if (new_state == TCP_CLOSE || new_state == TCP_LISTEN)
		return false;
	/* Of a connection that was told of already, only who closes is news. */
	if (!place) {
		if (new_state == TCP_FIN_WAIT1 || new_state == TCP_LAST_ACK) {
			if (!in_process(sk))
				return true;
		}
		place = begin_transit(cookie, sk);
		if (!place)
			return false;
	}
	if (new_state == TCP_SYN_SENT)
		place->opened_ts = bpf_ktime_get_ns();
	else if (new_state == TCP_ESTABLISHED)
		place->established_ts = bpf_ktime_get_ns();
	if (!place->tgid && in_process(sk))
		keep_current(place);
	return true;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, struct sock *sk, int old_state, int new_state)
{
	RECORD_MEMORY(struct sock_record, memory);
	struct transit *place;
	struct sock_record *r;
	struct tcp_sock *tp;
	__u64 cookie;

	if (!(seen_states & BIT(new_state & 31)) || old_state == new_state)
		return 0;
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	cookie = bpf_get_socket_cookie(sk);
	if (keep_state(sk, cookie, new_state))
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	if (new_state == TCP_CLOSE && in_process(sk))
		remember_closed(cookie);
	place = transit_of(cookie);
	r = RECORD_RESERVE(memory, SOCK_STATE);
	if (r) {
		write_head(r, SOCK_STATE, 0, sk);
		r->cookie = cookie;
		write_beginning(r, place);
		if (place && place->tgid)
			write_kept_process(r, place);
		else
			write_holder(r, sk);
		r->local_port = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
		r->old_state = old_state;
		r->new_state = new_state;
		/* Before the handshake the sequence numbers are not in use yet. */
		if (new_state == TCP_SYN_SENT || new_state == TCP_LISTEN || old_state == TCP_LISTEN ||
		    old_state == TCP_SYN_SENT)
			write_no_counters(r);
		else
			write_tcp_counters(r, tp, old_state);
		RECORD_SUBMIT(ctx, r, SOCK_STATE);
	}
	if (place)
		end_transit(place);
	return 0;
}

/*
 * The closer of a socket that was CLOSE already, after a reset or a timeout.
 * Closing otherwise is told by tcp_state; the rest is destroyed by interrupts,
 * or was never connected.
 */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy, struct sock *sk)
{
	RECORD_MEMORY(struct sock_record, memory);
	struct sock_record *r;
	struct tcp_sock *tp;

	__u64 cookie;

	if (!in_process(sk) || !sk->__sk_common.skc_dport)
		return 0;
	cookie = bpf_get_socket_cookie(sk);
	if (was_just_closed(cookie))
		return 0;
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	r = RECORD_RESERVE(memory, SOCK_DESTROY);
	if (!r)
		return 0;
	write_head(r, SOCK_DESTROY, SOCK_BYTES_UNKNOWN, sk);
	r->cookie = cookie;
	write_current(r);
	write_no_beginning(r);
	r->local_port = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
	r->old_state = TCP_CLOSE;
	r->new_state = TCP_CLOSE;
	write_no_counters(r);
	RECORD_SUBMIT(ctx, r, SOCK_DESTROY);
	return 0;
}

static __always_inline int tell_reset(void *ctx, struct sock *sk, __u8 flags)
{
	RECORD_MEMORY(struct sock_record, memory);
	struct sock_record *r;
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	__u8 state;

	if (!tp) /* a socket in TIME_WAIT or a half-open one: its connection was told already */
		return 0;
	r = RECORD_RESERVE(memory, SOCK_RESET);
	if (!r)
		return 0;
	state = sk->__sk_common.skc_state;
	write_head(r, SOCK_RESET, flags | SOCK_BYTES_UNKNOWN, sk);
	r->cookie = bpf_get_socket_cookie(sk);
	write_holder(r, sk);
	write_beginning(r, transit_of(r->cookie));
	r->local_port = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
	r->old_state = state;
	r->new_state = state;
	write_no_counters(r);
	RECORD_SUBMIT(ctx, r, SOCK_RESET);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(tcp_reset_received, struct sock *sk)
{
	return tell_reset(ctx, sk, SOCK_RESET_RECEIVED);
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(tcp_reset_sent, struct sock *sk)
{
	if (!sk) /* nobody listens there */
		return 0;
	return tell_reset(ctx, sk, SOCK_RESET_SENT);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
