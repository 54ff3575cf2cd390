// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * UDP edges from the cgroup hooks, which cost TCP nothing per message. They see
 * connect, and each call that names its peer; a connected socket's own sends
 * and receives they do not see, so such an edge is told with its message counts
 * marked as missing. The hooks never deny: they return 1.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "record.h"
#include "emit.h"
#include "process.h"
#include "socket.h"
#include "udp.h"

/*
 * The kernel's socket behind a context or a bpf_sock. The verifier forbids
 * arithmetic on these types; read back from the stack it is a number.
 */
static __always_inline struct sock *kernel_sock(const void *pointer)
{
	struct sock *sk;

	bpf_probe_read_kernel(&sk, sizeof(sk), &pointer);
	return sk;
}

/* What does not change from message to message. */
static __always_inline void write_socket(struct sock_record *r, struct sock *sk)
{
	r->protocol = IPPROTO_UDP;
	r->ts = bpf_ktime_get_ns();
	r->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	r->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	r->old_state = r->new_state = BPF_CORE_READ(sk, __sk_common.skc_state);
	r->error = 0;
	write_no_counters(r);
	write_no_beginning(r);
	write_current(r);
}

static __always_inline void write_local(struct sock_record *r, struct sock *sk, bool v4)
{
	if (v4) {
		r->local[0] = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		r->local[1] = r->local[2] = r->local[3] = 0;
	} else {
		bpf_core_read(r->local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	}
}

static __always_inline int tell_peer(struct bpf_sock_addr *ctx, struct udp_peer_key *key, __u32 family,
				     bool outgoing, bool connect)
{
	__u32 zero = 0;
	struct udp_settings *settings = bpf_map_lookup_elem(&udp_settings, &zero);
	bool lengths = settings && settings->lengths;
	struct sock_record *peer;

	key->cookie = bpf_get_socket_cookie(ctx);
	key->pad = 0;
	if (settings && settings->calls && !connect) {
		__u64 thread = bpf_get_current_pid_tgid();
		struct udp_call call = { .peer = *key, .family = family, .outgoing = outgoing };

		if (bpf_map_update_elem(&udp_calls, &thread, &call, BPF_ANY))
			count_drop(DROP_UDP_CALL);
	}
	peer = bpf_map_lookup_elem(&udp_peers, key);
	if (!peer) {
		struct sock *sk = kernel_sock((void *)ctx->sk);
		struct sock_record r = { .kind = SOCK_UDP_PEER, .family = family, .cookie = key->cookie };

		if (outgoing)
			r.flags |= SOCK_INITIATOR;
		write_socket(&r, sk);
		write_local(&r, sk, family == AF_INET);
		__builtin_memcpy(r.remote, key->remote, 16);
		r.remote_port = key->port;
		peer = add_peer(key, &r);
		if (!peer) {
			/* With lengths on, the tracepoint that follows counts this message. */
			if (!lengths)
				count_drop(DROP_UDP_TABLE);
			return 1;
		}
	}
	if (connect) {
		peer->flags |= SOCK_MESSAGES_UNKNOWN;
	} else {
		if (!peer->local_port) {
			struct sock *sk = kernel_sock((void *)ctx->sk);

			peer->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
			write_local(peer, sk, family == AF_INET);
		}
		if (!lengths)
			count_message(peer, outgoing, 0);
	}
	return 1;
}

static __always_inline int tell_peer4(struct bpf_sock_addr *ctx, bool outgoing, bool connect)
{
	struct udp_peer_key key = {};

	key.remote[0] = ctx->user_ip4;
	key.port = bpf_ntohs(ctx->user_port);
	return tell_peer(ctx, &key, AF_INET, outgoing, connect);
}

static __always_inline int tell_peer6(struct bpf_sock_addr *ctx, bool outgoing, bool connect)
{
	struct udp_peer_key key = {};

	key.remote[0] = ctx->user_ip6[0];
	key.remote[1] = ctx->user_ip6[1];
	key.remote[2] = ctx->user_ip6[2];
	key.remote[3] = ctx->user_ip6[3];
	key.port = bpf_ntohs(ctx->user_port);
	if (key.remote[2] == V4_MAPPED_PREFIX && !key.remote[0] && !key.remote[1]) {
		key.remote[0] = key.remote[3];
		key.remote[2] = 0;
		key.remote[3] = 0;
		return tell_peer(ctx, &key, AF_INET, outgoing, connect);
	}
	return tell_peer(ctx, &key, AF_INET6, outgoing, connect);
}

SEC("cgroup/connect4")
int udp_connect4(struct bpf_sock_addr *ctx)
{
	return ctx->protocol == IPPROTO_UDP ? tell_peer4(ctx, true, true) : 1;
}

SEC("cgroup/connect6")
int udp_connect6(struct bpf_sock_addr *ctx)
{
	return ctx->protocol == IPPROTO_UDP ? tell_peer6(ctx, true, true) : 1;
}

SEC("cgroup/sendmsg4")
int udp_sendmsg4(struct bpf_sock_addr *ctx)
{
	return ctx->protocol == IPPROTO_UDP ? tell_peer4(ctx, true, false) : 1;
}

SEC("cgroup/sendmsg6")
int udp_sendmsg6(struct bpf_sock_addr *ctx)
{
	return ctx->protocol == IPPROTO_UDP ? tell_peer6(ctx, true, false) : 1;
}

SEC("cgroup/recvmsg4")
int udp_recvmsg4(struct bpf_sock_addr *ctx)
{
	return ctx->protocol == IPPROTO_UDP ? tell_peer4(ctx, false, false) : 1;
}

SEC("cgroup/recvmsg6")
int udp_recvmsg6(struct bpf_sock_addr *ctx)
{
	return ctx->protocol == IPPROTO_UDP ? tell_peer6(ctx, false, false) : 1;
}

SEC("cgroup/sock_release")
int udp_release(struct bpf_sock *ctx)
{
	RECORD_MEMORY(struct sock_record, memory);
	struct sock_record *r;
	struct sock *sk;
	bool v4;

	if (ctx->protocol != IPPROTO_UDP)
		return 1;
	r = RECORD_RESERVE(memory, SOCK_UDP_CLOSE);
	if (!r)
		return 1;
	sk = kernel_sock(ctx);
	r->kind = SOCK_UDP_CLOSE;
	r->flags = SOCK_BYTES_UNKNOWN | SOCK_MESSAGES_UNKNOWN;
	r->cookie = bpf_get_socket_cookie(ctx);
	write_socket(r, sk);
	v4 = ctx->family == AF_INET;
	r->family = v4 ? AF_INET : AF_INET6;
	write_local(r, sk, v4);
	if (v4) {
		r->remote[0] = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		r->remote[1] = r->remote[2] = r->remote[3] = 0;
	} else {
		bpf_core_read(r->remote, 16, &sk->__sk_common.skc_v6_daddr);
		if ((r->remote[2] == V4_MAPPED_PREFIX && !r->remote[0] && !r->remote[1]) ||
		    (r->local[2] == V4_MAPPED_PREFIX && !r->local[0] && !r->local[1])) {
			r->family = AF_INET;
			write_local(r, sk, true);
			r->remote[0] = BPF_CORE_READ(sk, __sk_common.skc_daddr);
			r->remote[1] = r->remote[2] = r->remote[3] = 0;
		}
	}
	r->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	RECORD_SUBMIT(ctx, r, SOCK_UDP_CLOSE);
	return 1;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
