// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Loaded on request only, for these two tracepoints run on every send and
 * receive of every socket: exact UDP byte and datagram counts, and one record
 * per call for chosen processes. What is not asked for is not compiled in: the
 * two constants are set before load.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>
#include "record.h"
#include "emit.h"
#include "process.h"
#include "socket.h"
#include "udp.h"

const volatile bool count_udp;
const volatile bool tell_messages;

/* Hooks and tracepoints change places in one moment, so that no datagram is counted by both. */
static __always_inline bool counts_here(void)
{
	__u32 zero = 0;
	struct udp_settings *settings = bpf_map_lookup_elem(&udp_settings, &zero);

	return settings && settings->lengths;
}

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); /* tgid */
	__type(value, __u32);
} message_targets SEC(".maps");

static __always_inline bool is_target(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	return tell_messages && bpf_map_lookup_elem(&message_targets, &tgid);
}

/* The tuple of the call: its own peer where it named one, else the socket's. */
static __always_inline void write_call(struct sock_record *r, struct sock *sk, bool outgoing)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct udp_call *call;

	r->cookie = bpf_get_socket_cookie(sk);
	r->flags = 0;
	r->ts = bpf_ktime_get_ns();
	r->protocol = sk->sk_protocol;
	r->local_port = sk->__sk_common.skc_num;
	r->old_state = r->new_state = sk->__sk_common.skc_state;
	r->error = 0;
	write_addresses(r, &sk->__sk_common);
	write_no_counters(r);
	if (r->protocol != IPPROTO_UDP)
		return;
	call = bpf_map_lookup_elem(&udp_calls, &thread);
	if (call && call->peer.cookie == r->cookie && call->outgoing == outgoing) {
		call->peer.cookie = 0;
		if (call->family == AF_INET && r->family == AF_INET6) {
			/* an IPv6 socket that talks to an IPv4 peer without being bound to one */
			r->local[0] = r->local[1] = r->local[2] = r->local[3] = 0;
			r->family = AF_INET;
		}
		__builtin_memcpy(r->remote, call->peer.remote, 16);
		r->remote_port = call->peer.port;
	}
}

static __always_inline void count_datagram(struct sock_record *r, bool outgoing, __u64 bytes)
{
	struct udp_peer_key key = {};
	struct sock_record *peer;

	key.cookie = r->cookie;
	__builtin_memcpy(key.remote, r->remote, 16);
	key.port = r->remote_port;
	peer = bpf_map_lookup_elem(&udp_peers, &key);
	if (!peer) {
		r->kind = SOCK_UDP_PEER;
		if (outgoing)
			r->flags |= SOCK_INITIATOR;
		write_current(r);
		peer = add_peer(&key, r);
	}
	if (!peer) {
		count_drop(DROP_UDP_TABLE);
		return;
	}
	if (!peer->local_port) {
		peer->local_port = r->local_port;
		__builtin_memcpy(peer->local, r->local, 16);
	}
	count_message(peer, outgoing, bytes);
}

static __always_inline int on_length(void *ctx, struct sock *sk, int length, bool outgoing)
{
	bool target = is_target();
	bool count = count_udp && sk->sk_protocol == IPPROTO_UDP && counts_here();
	struct sock_record call;
	RECORD_MEMORY(struct sock_record, memory);
	struct sock_record *r;
	__u16 family;

	if (!target && !count)
		return 0;
	family = sk->__sk_common.skc_family;
	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (sk->sk_protocol != IPPROTO_TCP && sk->sk_protocol != IPPROTO_UDP)
		return 0;
	write_call(&call, sk, outgoing);
	if (count && length >= 0)
		count_datagram(&call, outgoing, length);
	if (!target)
		return 0;
	r = RECORD_RESERVE(memory, outgoing ? SOCK_SEND : SOCK_RECEIVE);
	if (!r)
		return 0;
	__builtin_memcpy(r, &call, sizeof(call));
	r->kind = outgoing ? SOCK_SEND : SOCK_RECEIVE;
	write_current(r);
	if (length < 0)
		r->error = -length;
	else if (outgoing)
		r->bytes_sent = length;
	else
		r->bytes_received = length;
	RECORD_SUBMIT(ctx, r, outgoing ? SOCK_SEND : SOCK_RECEIVE);
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
