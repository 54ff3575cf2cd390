// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Passes over all sockets of a namespace (tcp, udp), and over all open files
 * of the machine (task_file): each socket is one sock_record in the iterator's
 * stream.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>
#include "record.h"
#include "process.h"
#include "socket.h"
#include "transit.h"

/* Sockets that were walked over and tell nothing: in TIME_WAIT, or half open. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} walked_over SEC(".maps");

/* TCP sockets that neither sent nor received since then have no news: ns, CLOCK_MONOTONIC; 0: all are told. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} news_since SEC(".maps");

static __always_inline bool has_news(const struct tcp_sock *tp)
{
	__u32 zero = 0;
	__u64 *since = bpf_map_lookup_elem(&news_since, &zero);

	/* The stamp is cut to whole microseconds. */
	return !since || (tp->tcp_mstamp + 1) * 1000 > *since;
}

static __always_inline void count_walked_over(void)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&walked_over, &zero);

	if (count)
		*count += 1;
}

static __always_inline void write_head(struct sock_record *r, __u8 kind, __u8 protocol, struct sock *sk)
{
	__u8 state = sk->__sk_common.skc_state;

	r->kind = kind;
	r->protocol = protocol;
	r->flags = 0;
	r->ts = bpf_ktime_get_ns();
	write_addresses(r, &sk->__sk_common);
	r->error = 0;
	r->old_state = state;
	r->new_state = state;
}

static __always_inline void write_tcp(struct sock_record *r, struct tcp_sock *tp)
{
	r->local_port = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
	if (r->new_state == TCP_SYN_SENT || r->new_state == TCP_LISTEN)
		write_no_counters(r);
	else
		write_tcp_counters(r, tp, r->new_state);
}

static __always_inline void write_udp(struct sock_record *r, __be16 port)
{
	r->local_port = bpf_ntohs(port);
	r->flags |= SOCK_BYTES_UNKNOWN | SOCK_MESSAGES_UNKNOWN;
	write_no_counters(r);
}

SEC("iter/tcp")
int pass_tcp(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct transit *place;
	struct sock_record r;
	struct tcp_sock *tp;
	struct sock *sk;
	__u64 cookie;

	if (!skc)
		return 0;
	tp = bpf_skc_to_tcp_sock(skc);
	if (!tp) {
		count_walked_over();
		return 0;
	}
	sk = &tp->inet_conn.icsk_inet.sk;
	if (sk->__sk_common.skc_state == TCP_CLOSE) /* closed since the pass came to its bucket */
		return 0;
	cookie = bpf_get_socket_cookie(tp);
	place = transit_of(cookie);
	if (!place && !has_news(tp))
		return 0;
	write_head(&r, SOCK_SAMPLE, IPPROTO_TCP, sk);
	r.cookie = cookie;
	write_no_process(&r, ctx->uid);
	write_tcp(&r, tp);
	write_beginning(&r, place);
	if (place && place->tgid)
		write_kept_process(&r, place);
	/* A row that does not fit is written again by the next read. */
	if (!bpf_seq_write(ctx->meta->seq, &r, sizeof(r)) && place)
		end_transit(place);
	return 0;
}

SEC("iter/udp")
int pass_udp(struct bpf_iter__udp *ctx)
{
	struct udp_sock *up = ctx->udp_sk;
	struct sock_record r;
	struct sock *sk;

	if (!up)
		return 0;
	sk = &up->inet.sk;
	if (sk->sk_protocol != IPPROTO_UDP)
		return 0;
	write_head(&r, SOCK_SAMPLE, IPPROTO_UDP, sk);
	r.cookie = bpf_get_socket_cookie(up);
	write_no_process(&r, ctx->uid);
	write_no_beginning(&r);
	write_udp(&r, up->inet.inet_sport);
	bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	return 0;
}

/*
 * The cookie of the TCP socket behind one of MPTCP, which is what Go's programs
 * listen with; 0 where no pass has come by it. Of several subflows the first:
 * the others are the kernel's own.
 */
static __always_inline __u64 subflow_cookie(struct sock *sk)
{
	return BPF_CORE_READ((struct mptcp_sock *)sk, first, __sk_common.skc_cookie.counter);
}

/* Who has which socket open, in every namespace, with its counters. */
SEC("iter/task_file")
int pass_owners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket *socket;
	struct sock_record r;
	struct tcp_sock *tp;
	__u64 cookie = 0;
	struct sock *sk;

	if (!file || !task)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk)
		return 0;
	if (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6)
		return 0;
	if (sk->sk_protocol == IPPROTO_TCP) {
		tp = bpf_skc_to_tcp_sock(sk);
		if (!tp)
			return 0;
		write_head(&r, SOCK_OWNER, IPPROTO_TCP, sk);
		write_tcp(&r, tp);
	} else if (sk->sk_protocol == IPPROTO_UDP) {
		write_head(&r, SOCK_OWNER, IPPROTO_UDP, sk);
		/* skc_num is the bound port; sk is not known to be an inet_sock here */
		write_udp(&r, bpf_htons(sk->__sk_common.skc_num));
	} else if (sk->sk_protocol == IPPROTO_MPTCP) {
		cookie = subflow_cookie(sk);
		if (!cookie)
			return 0;
		write_head(&r, SOCK_HOLDER, IPPROTO_TCP, sk);
		r.local_port = sk->__sk_common.skc_num;
		write_no_counters(&r);
	} else {
		return 0;
	}
	r.cookie = cookie ? cookie : bpf_get_socket_cookie(sk);
	/* The socket's lock is not held here: what is kept stays kept. */
	write_beginning(&r, transit_of(r.cookie));
	write_process(&r, task->group_leader);
	bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
