/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
#ifndef QUADRANT_SOCKET_H
#define QUADRANT_SOCKET_H

#define V4_MAPPED_PREFIX 0xffff0000 /* third word of ::ffff:a.b.c.d, as in little-endian memory */

/* Addresses and the remote port; v4-mapped IPv6 is told as IPv4. */
static __always_inline void write_addresses(struct sock_record *r, struct sock_common *sk)
{
	__u64 *local = (__u64 *)r->local;
	__u64 *remote = (__u64 *)r->remote;

	r->netns = sk->skc_net.net->ns.inum;
	r->remote_port = bpf_ntohs(sk->skc_dport);
	if (sk->skc_family == AF_INET6) {
		__be32 *from = sk->skc_v6_rcv_saddr.in6_u.u6_addr32;
		__be32 *to = sk->skc_v6_daddr.in6_u.u6_addr32;
		/* The local side decides too: an unconnected socket may be bound to a mapped address. */
		bool mapped = (to[2] == V4_MAPPED_PREFIX && !to[0] && !to[1]) ||
			      (from[2] == V4_MAPPED_PREFIX && !from[0] && !from[1]);

		if (!mapped) {
			r->family = AF_INET6;
			r->local[0] = from[0];
			r->local[1] = from[1];
			r->local[2] = from[2];
			r->local[3] = from[3];
			r->remote[0] = to[0];
			r->remote[1] = to[1];
			r->remote[2] = to[2];
			r->remote[3] = to[3];
			return;
		}
	}
	r->family = AF_INET;
	local[0] = sk->skc_rcv_saddr;
	local[1] = 0;
	remote[0] = sk->skc_daddr;
	remote[1] = 0;
}

static __always_inline void write_no_counters(struct sock_record *r)
{
	r->bytes_sent = 0;
	r->bytes_received = 0;
	r->segments_out = 0;
	r->segments_in = 0;
	r->retransmits = 0;
	r->rtt_us = 0;
}

static __always_inline void write_no_beginning(struct sock_record *r)
{
	r->opened_ts = 0;
	r->established_ts = 0;
}

/*
 * What the application has written and what has arrived in order, from the
 * socket's own counters. state is the state that the counters belong to.
 * - bytes_sent has retransmissions in it; what was written but not yet sent is
 *   between snd_nxt and write_seq, with the FIN last when it waits there too.
 * - bytes_received counts the FIN as a byte.
 */
static __always_inline void write_tcp_counters(struct sock_record *r, struct tcp_sock *tp, int state)
{
	__u32 unsent = tp->write_seq - tp->snd_nxt;
	bool fin = tp->inet_conn.icsk_inet.sk.__sk_common.skc_flags & (1UL << SOCK_DONE);
	__u64 received = tp->bytes_received;

	if (unsent && (state == TCP_FIN_WAIT1 || state == TCP_LAST_ACK || state == TCP_CLOSING))
		unsent -= 1;
	if (fin) {
		r->flags |= SOCK_FIN_RECEIVED;
		if (received)
			received -= 1;
	}
	r->bytes_sent = tp->bytes_sent - tp->bytes_retrans + unsent;
	r->bytes_received = received;
	r->segments_out = tp->segs_out;
	r->segments_in = tp->segs_in;
	r->retransmits = tp->total_retrans;
	r->rtt_us = tp->srtt_us >> 3;
}

#endif
