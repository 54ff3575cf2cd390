// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Answers of name servers, from raw sockets of the protocol UDP, each bound to
 * an address of its network namespace and connected to a name server. The kernel
 * offers such a socket what comes from that server to that address, and no
 * packet of another protocol: raw sockets are looked up by protocol, and packets
 * are copied for those only whose addresses fit. An answer that has addresses is
 * copied to user space; nothing ever waits in the sockets themselves.
 *
 *   IPv4 socket:  | IP header | UDP header | message |
 *   IPv6 socket:              | UDP header | message |
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define DNS_PORT 53
/* What RFC 9715 has name servers send at most, so that no packet is cut up. */
#define DNS_BYTES_MAX 1232

enum dns_flag {
	DNS_RESPONSE = 0x8000,
	DNS_OPCODE = 0x7800,
	DNS_TRUNCATED = 0x0200,
	DNS_RCODE = 0x000f,
};

/* Indices of dns_counts. */
enum dns_count {
	DNS_KEPT = 0,
	DNS_RING_FULL = 1,
	DNS_TOO_LARGE = 2,
	DNS_CUT = 3,      /* the whole of it comes over TCP, which is not read */
	DNS_UNREADABLE = 4,
	DNS_COUNTS = 8,
};

/* UAPI, the fields that are read. */
struct __sk_buff {
	__u32 len;
};

struct dns_head {
	__be16 source_port;
	__be16 port;
	__be16 udp_bytes;
	__be16 udp_checksum;
	__be16 id;
	__be16 flags;
	__be16 questions;
	__be16 answers;
	__be16 authorities;
	__be16 additionals;
};

#define UDP_BYTES 8

struct dns_record {
	__u64 ts;                 /* 0: ns, CLOCK_MONOTONIC */
	__u64 socket;             /* 8: cookie of our socket, which tells the namespace */
	__be32 server[4];         /* 16: whose answer it is; v4 in [0] */
	__u16 port;               /* 32: of the socket that asked, host order */
	__u8 family;              /* 34 */
	__u8 pad;
	__u32 bytes;              /* 36: of the message */
	__u8 message[DNS_BYTES_MAX]; /* 40 */
};

#define DNS_RECORD_HEAD 40

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 << 10);
} dns_records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DNS_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} dns_counts SEC(".maps");

/* A record is put together here: its length is known only then. Packets are delivered one at a time on a CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_record);
} dns_scratch SEC(".maps");

static __always_inline int count(__u32 what)
{
	__u64 *value = bpf_map_lookup_elem(&dns_counts, &what);

	if (value)
		*value += 1;
	return 0;
}

/* Is this an answer with something in it? */
static __always_inline bool has_answers(const struct dns_head *head)
{
	__u16 flags = bpf_ntohs(head->flags);

	return (flags & DNS_RESPONSE) && !(flags & (DNS_OPCODE | DNS_RCODE)) && (head->answers || (flags & DNS_TRUNCATED));
}

static __always_inline struct dns_record *begin_record(struct __sk_buff *skb, const struct dns_head *head,
						       __u32 message_at)
{
	__u32 zero = 0;
	__u32 bytes = bpf_ntohs(head->udp_bytes) - UDP_BYTES;
	struct dns_record *r = bpf_map_lookup_elem(&dns_scratch, &zero);

	if (!r)
		return NULL;
	if (bpf_ntohs(head->flags) & DNS_TRUNCATED) {
		count(DNS_CUT);
		return NULL;
	}
	/* The verifier has to see that it is this very value which is bounded. */
	asm volatile("" : "+r"(bytes));
	if (bytes > DNS_BYTES_MAX) {
		count(bpf_ntohs(head->udp_bytes) < UDP_BYTES ? DNS_UNREADABLE : DNS_TOO_LARGE);
		return NULL;
	}
	if (!bytes || bpf_skb_load_bytes(skb, message_at, r->message, bytes)) {
		count(DNS_UNREADABLE);
		return NULL;
	}
	r->ts = bpf_ktime_get_ns();
	r->socket = bpf_get_socket_cookie(skb);
	r->port = bpf_ntohs(head->port);
	r->pad = 0;
	r->bytes = bytes;
	return r;
}

static __always_inline int send_record(struct dns_record *r)
{
	__u32 bytes = r->bytes;

	asm volatile("" : "+r"(bytes));
	if (bytes > DNS_BYTES_MAX)
		return 0;
	return count(bpf_ringbuf_output(&dns_records, r, DNS_RECORD_HEAD + bytes, BPF_RB_NO_WAKEUP) ? DNS_RING_FULL :
												      DNS_KEPT);
}

SEC("socket/dns4")
int dns4(struct __sk_buff *skb)
{
	struct dns_head head;
	struct dns_record *r;
	__u8 version;
	__u32 at;

	if (bpf_skb_load_bytes(skb, 0, &version, 1))
		return 0;
	at = (version & 15) * 4;
	if (bpf_skb_load_bytes(skb, at, &head, sizeof(head)) || head.source_port != bpf_htons(DNS_PORT) ||
	    !has_answers(&head))
		return 0;
	r = begin_record(skb, &head, at + UDP_BYTES);
	if (!r)
		return 0;
	r->family = AF_INET;
	r->server[1] = r->server[2] = r->server[3] = 0;
	bpf_skb_load_bytes(skb, 12, r->server, 4);
	return send_record(r);
}

SEC("socket/dns6")
int dns6(struct __sk_buff *skb)
{
	struct dns_head head;
	struct dns_record *r;

	if (bpf_skb_load_bytes(skb, 0, &head, sizeof(head)) || head.source_port != bpf_htons(DNS_PORT) ||
	    !has_answers(&head))
		return 0;
	r = begin_record(skb, &head, UDP_BYTES);
	if (!r)
		return 0;
	r->family = AF_INET6;
	bpf_skb_load_bytes_relative(skb, 8, r->server, 16, 1 /* BPF_HDR_START_NET */);
	return send_record(r);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
