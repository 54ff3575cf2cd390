/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Exact UDP byte and datagram counts, and one record per call for chosen
 * processes: what the length tracepoints (lengths.bpf.c) and the functions
 * beneath them (functions.bpf.c) do with a call. What is not asked for is not
 * compiled in: the two constants are set before load.
 */
#ifndef QUADRANT_CALLS_H
#define QUADRANT_CALLS_H

const volatile bool count_udp;
const volatile bool tell_messages;

/* Hooks and tracepoints change places in one moment, so that no datagram is counted by both. */
static __always_inline bool counts_here(void)
{
	__u32 zero = 0;
	struct udp_settings *settings = bpf_map_lookup_elem(&udp_settings, &zero);

	return settings && settings->lengths;
}

static __always_inline bool is_target(void)
{
	return tell_messages && is_message_target(bpf_get_current_pid_tgid() >> 32);
}

/* What the socket itself knows of a call. */
static __always_inline void write_call(struct sock_record *r, struct sock *sk)
{
	r->cookie = bpf_get_socket_cookie(sk);
	r->flags = 0;
	r->ts = bpf_ktime_get_ns();
	r->protocol = sk->sk_protocol;
	r->local_port = sk->__sk_common.skc_num;
	r->old_state = r->new_state = sk->__sk_common.skc_state;
	r->error = 0;
	write_addresses(r, &sk->__sk_common);
	write_no_counters(r);
	write_no_beginning(r);
}

/* The peer that the call named, in the place of the socket's own. */
static __always_inline void write_peer(struct sock_record *r, __u8 family, const __u32 *remote, __u16 port)
{
	if (family == AF_INET && r->family == AF_INET6) {
		/* an IPv6 socket that talks to an IPv4 peer without being bound to an IPv4 address */
		r->local[0] = r->local[1] = r->local[2] = r->local[3] = 0;
		r->family = AF_INET;
	}
	r->remote[0] = remote[0];
	r->remote[1] = remote[1];
	r->remote[2] = remote[2];
	r->remote[3] = remote[3];
	r->remote_port = port;
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

static __always_inline void tell_call(void *ctx, const struct sock_record *call, int length, bool outgoing)
{
	RECORD_MEMORY(struct sock_record, memory);
	struct sock_record *r = RECORD_RESERVE(memory, outgoing ? SOCK_SEND : SOCK_RECEIVE);

	if (!r)
		return;
	__builtin_memcpy(r, call, sizeof(*call));
	r->kind = outgoing ? SOCK_SEND : SOCK_RECEIVE;
	write_current(r);
	if (length < 0)
		r->error = -length;
	else if (outgoing)
		r->bytes_sent = length;
	else
		r->bytes_received = length;
	RECORD_SUBMIT(ctx, r, outgoing ? SOCK_SEND : SOCK_RECEIVE);
}

#endif
