// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Calls by the socket length tracepoints. Loaded on request only, for they run
 * on every send and receive of every socket.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>
#include "record.h"
#include "emit.h"
#include "targets.h"
#include "process.h"
#include "socket.h"
#include "udp.h"
#include "calls.h"

/* The cgroup hook that ran before, in the same call, knows the peer of an unconnected socket. */
static __always_inline void write_hooked_peer(struct sock_record *r, bool outgoing)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct udp_call *call = bpf_map_lookup_elem(&udp_calls, &thread);

	if (!call || call->peer.cookie != r->cookie || call->outgoing != outgoing)
		return;
	call->peer.cookie = 0;
	write_peer(r, call->family, call->peer.remote, call->peer.port);
}

static __always_inline int on_length(void *ctx, struct sock *sk, int length, bool outgoing)
{
	bool target = is_target();
	bool count = count_udp && sk->sk_protocol == IPPROTO_UDP && counts_here();
	struct sock_record call;
	__u16 family;

	if (!target && !count)
		return 0;
	family = sk->__sk_common.skc_family;
	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (sk->sk_protocol != IPPROTO_TCP && sk->sk_protocol != IPPROTO_UDP)
		return 0;
	write_call(&call, sk);
	if (sk->sk_protocol == IPPROTO_UDP)
		write_hooked_peer(&call, outgoing);
	if (count && length >= 0)
		count_datagram(&call, outgoing, length);
	if (target)
		tell_call(ctx, &call, length, outgoing);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(send_length, struct sock *sk, int length, int flags)
{
	return on_length(ctx, sk, length, true);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(receive_length, struct sock *sk, int length, int flags)
{
	if (flags & MSG_PEEK)
		return 0;
	return on_length(ctx, sk, length, false);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
