/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * UDP edges: one entry per (socket, remote), whose value is the record that
 * user space tells on. Counters only grow; user space deletes entries of closed
 * sockets, and those that are idle when the table gets full.
 */
#ifndef QUADRANT_UDP_H
#define QUADRANT_UDP_H

struct udp_peer_key {
	__u64 cookie;
	__u32 remote[4]; /* as in sock_record */
	__u32 port;      /* host order */
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct udp_peer_key);
	__type(value, struct sock_record);
} udp_peers SEC(".maps");

/*
 * The peer of the call that a thread is in. The cgroup hooks know the address
 * of an unconnected call, and the length tracepoints, which run later in the
 * same call, know its length.
 */
struct udp_call {
	struct udp_peer_key peer; /* cookie 0: taken already */
	__u32 family;
	__u32 outgoing;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64); /* pid_tgid */
	__type(value, struct udp_call);
} udp_calls SEC(".maps");

struct udp_settings {
	__u32 calls;   /* the hooks write udp_calls for the length tracepoints */
	__u32 lengths; /* the length tracepoints count datagrams, not the hooks */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct udp_settings);
} udp_settings SEC(".maps");

static __always_inline struct sock_record *add_peer(struct udp_peer_key *key, struct sock_record *fresh)
{
	/* Another CPU may have been faster: then this one is not used. */
	bpf_map_update_elem(&udp_peers, key, fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&udp_peers, key);
}

static __always_inline void count_message(struct sock_record *peer, bool outgoing, __u64 bytes)
{
	peer->ts = bpf_ktime_get_ns();
	if (outgoing) {
		__sync_fetch_and_add(&peer->segments_out, 1);
		if (bytes)
			__sync_fetch_and_add(&peer->bytes_sent, bytes);
	} else {
		__sync_fetch_and_add(&peer->segments_in, 1);
		if (bytes)
			__sync_fetch_and_add(&peer->bytes_received, bytes);
	}
}

#endif
