// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Calls by the exits of the protocols' own functions, for hosts that allow it:
 * the functions of UDP cost TCP nothing, and they know the peer. Where such
 * programs are refused, lengths.bpf.c does the same.
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

/* Kernels before 5.19 have one argument more before the flags; they are the last but one in all. */
static __always_inline bool is_peek(void *ctx)
{
	__u64 count = bpf_get_func_arg_cnt(ctx);
	__u64 flags = 0;

	bpf_get_func_arg(ctx, count - 2, &flags);
	return flags & MSG_PEEK;
}

/* The address that the caller gave, or that it gets: both are in kernel memory here. */
static __always_inline void write_named_peer(struct sock_record *r, struct msghdr *message)
{
	struct sockaddr_in6_bytes name = {};
	void *address = message->msg_name;
	__u32 remote[4] = {};

	if (!address || bpf_probe_read_kernel(&name, sizeof(name), address))
		return;
	if (name.family == AF_INET) {
		remote[0] = name.v4;
		write_peer(r, AF_INET, remote, bpf_ntohs(name.port));
	} else if (name.family == AF_INET6) {
		bool mapped = name.v6[2] == V4_MAPPED_PREFIX && !name.v6[0] && !name.v6[1];

		remote[0] = mapped ? name.v6[3] : name.v6[0];
		if (!mapped) {
			remote[1] = name.v6[1];
			remote[2] = name.v6[2];
			remote[3] = name.v6[3];
		}
		write_peer(r, mapped ? AF_INET : AF_INET6, remote, bpf_ntohs(name.port));
	}
}

static __always_inline int on_exit(void *ctx, struct sock *sk, struct msghdr *message, bool outgoing, bool udp)
{
	bool target = is_target();
	bool count = udp && count_udp && counts_here();
	struct sock_record call;
	__u64 result = 0;
	int length;

	if (!target && !count)
		return 0;
	if (!outgoing && is_peek(ctx))
		return 0;
	bpf_get_func_ret(ctx, &result);
	length = (int)result;
	write_call(&call, sk);
	if (udp)
		write_named_peer(&call, message);
	if (count && length >= 0)
		count_datagram(&call, outgoing, length);
	if (target)
		tell_call(ctx, &call, length, outgoing);
	return 0;
}

SEC("fexit/tcp_sendmsg")
int BPF_PROG(exit_tcp_send, struct sock *sk, struct msghdr *message)
{
	return on_exit(ctx, sk, message, true, false);
}

SEC("fexit/tcp_recvmsg")
int BPF_PROG(exit_tcp_receive, struct sock *sk, struct msghdr *message)
{
	return on_exit(ctx, sk, message, false, false);
}

/* An IPv6 socket's call to an IPv4 peer goes through both functions: the outer one tells it. */
SEC("fexit/udp_sendmsg")
int BPF_PROG(exit_udp_send, struct sock *sk, struct msghdr *message)
{
	return sk->__sk_common.skc_family == AF_INET6 ? 0 : on_exit(ctx, sk, message, true, true);
}

SEC("fexit/udp_recvmsg")
int BPF_PROG(exit_udp_receive, struct sock *sk, struct msghdr *message)
{
	return on_exit(ctx, sk, message, false, true);
}

SEC("fexit/udpv6_sendmsg")
int BPF_PROG(exit_udp6_send, struct sock *sk, struct msghdr *message)
{
	return on_exit(ctx, sk, message, true, true);
}

SEC("fexit/udpv6_recvmsg")
int BPF_PROG(exit_udp6_receive, struct sock *sk, struct msghdr *message)
{
	return on_exit(ctx, sk, message, false, true);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
