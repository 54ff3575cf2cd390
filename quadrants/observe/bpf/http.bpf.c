// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * HTTP/1 requests of the sockets of a cgroup, seen in their packets: counted by
 * server, peer, method, path and status with their latency, in arrays that user
 * space reads without a system call. Of HTTP/2 what tells of streams goes to user
 * space through a ring. No packet is held up or changed.
 *
 * Latency is from the packet with a request's first byte to the packet with the
 * first status line that is final, both by bpf_ktime_get_ns when the packet
 * passes the socket's hook: at a server it has neither the network nor the time
 * in the server's receive queue taken out.
 */
#include "kernel.h"
#include "http.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>


#define BPF_MAP_TYPE_SK_STORAGE 24
#define BPF_F_NO_PREALLOC 1
#define BPF_SK_STORAGE_GET_F_CREATE 1
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define IPPROTO_HOPOPTS 0

/* Lines and bodies of one packet. */
#define STEPS_MAX 256
/* Packets with bytes until a connection that we joined is taken for one of another protocol. */
#define TRIES_MAX 64

/* The UAPI's own layouts, which are not relocated. */
struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data;
	__u32 data_end;
	__u32 napi_id;
	__u32 family;
	__u32 remote_ip4;
	__u32 local_ip4;
	__u32 remote_ip6[4];
	__u32 local_ip6[4];
	__u32 remote_port;
	__u32 local_port;
	__u32 data_meta;
	__u64 flow_keys;
	__u64 tstamp;
	__u32 wire_len;
	__u32 gso_segs;
	__u64 sk; /* struct bpf_sock * */
};

struct bpf_tcp_sock {
	__u32 snd_cwnd;
	__u32 srtt_us;
	__u32 rtt_min;
	__u32 snd_ssthresh;
	__u32 rcv_nxt;
	__u32 snd_nxt;
	__u32 snd_una;
	__u32 mss_cache;
	__u32 ecn_flags;
	__u32 rate_delivered;
	__u32 rate_interval_us;
	__u32 packets_out;
	__u32 retrans_out;
	__u32 total_retrans;
	__u32 segs_in;
	__u32 data_segs_in;
	__u32 segs_out;
	__u32 data_segs_out;
	__u32 lost_out;
	__u32 sacked_out;
	__u64 bytes_received;
	__u64 bytes_acked;
};

struct bpf_sock_state {
	struct bpf_sock sock;
	__u32 mark;
	__u32 priority;
	__u32 src_ip4;
	__u32 src_ip6[4];
	__u32 src_port;
	__be16 dst_port;
	__u16 zero;
	__u32 dst_ip4;
	__u32 dst_ip6[4];
	__u32 state;
};

struct packet {
	__u32 sequence;
	__u32 start;
	__be16 source_port;
	__be16 destination_port;
	__u8 flags;
	/* Of the other end; IPv4 as IPv6 has it. It is read by words. */
	__u8 peer[16] __attribute__((aligned(8)));
};

#define TCP_FIN 1
#define TCP_SYN 2
#define TCP_RST 4

#include "http-line.h"
#include "http-path.h"
#include "http-series.h"
#include "http-message.h"
#include "http-tls.h"

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct http_connection);
} http_connections SEC(".maps");

/* Loopback, link-local, private (RFC 1918, RFC 6598, RFC 4193), any other. */
enum peer_class { PEER_LOOPBACK, PEER_LINK, PEER_PRIVATE, PEER_PUBLIC };

static __always_inline __u32 peer_class(const __u8 *address, bool is_v4)
{
	const __u8 *a = address;

	if (is_v4) {
		a += 12;
		if (a[0] == 127)
			return PEER_LOOPBACK;
		if (a[0] == 169 && a[1] == 254)
			return PEER_LINK;
		if (a[0] == 10 || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168) ||
		    (a[0] == 100 && (a[1] & 0xc0) == 64))
			return PEER_PRIVATE;
		return PEER_PUBLIC;
	}
	if (a[0] == 0xfe && (a[1] & 0xc0) == 0x80)
		return PEER_LINK;
	if ((a[0] & 0xfe) == 0xfc)
		return PEER_PRIVATE;
	if (a[0] == 0 && a[15] == 1 && !*(const __u32 *)(a + 4) && !*(const __u32 *)(a + 8))
		return PEER_LOOPBACK;
	return PEER_PUBLIC;
}

/* A client sends its first bytes, as a rule while it runs: who listens to it is told. */
__noinline int note_asker(struct __sk_buff *skb, __u16 server_port)
{
	struct bpf_sock *found = (struct bpf_sock *)(long)skb->sk;
	/* Volatile, and read whether or not it is wanted: else the compiler chooses a place to read, which is refused. */
	volatile struct bpf_sock_state *sk;
	struct http_port_key key = {};
	__u32 tgid = 0, v4;

	if (!found || !tells_process)
		return 0;
	sk = (volatile struct bpf_sock_state *)bpf_sk_fullsock(found);
	if (!sk)
		return 0;
	v4 = sk->src_ip4;
	key.address[0] = sk->src_ip6[0];
	key.address[1] = sk->src_ip6[1];
	key.address[2] = sk->src_ip6[2];
	key.address[3] = sk->src_ip6[3];
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		key.address[0] = key.address[1] = 0;
		key.address[2] = bpf_htonl(0xffff);
		key.address[3] = v4;
	}
	key.port = sk->src_port;
	key.server_port = server_port;
	tgid = bpf_get_current_pid_tgid() >> 32;
	if (tgid)
		bpf_map_update_elem(&http_askers, &key, &tgid, BPF_ANY);
	return 0;
}

/*
 * The client of a server's connection: the process that noted itself, else its address. A function of its own for
 * its stack: a chain of calls may have 512 bytes, and our callers' longest one needs nearly all.
 */
__noinline __u32 client_of(__u32 server, const struct packet *packet, __u32 is_egress)
{
	struct http_client_key key = {};
	struct http_port_key port = {};
	__u32 *tgid;

	if (!packet)
		return 0;
	__builtin_memcpy(port.address, packet->peer, sizeof(port.address));
	port.port = bpf_ntohs(is_egress ? packet->destination_port : packet->source_port);
	port.server_port = bpf_ntohs(is_egress ? packet->source_port : packet->destination_port);
	key.server = server;
	tgid = bpf_map_lookup_elem(&http_askers, &port);
	if (tgid)
		key.tgid = *tgid;
	else
		__builtin_memcpy(key.address, packet->peer, sizeof(key.address));
	return find_client(&key);
}

/* Who asks is known with the client's first packet: the server may have spoken before it. */
static __always_inline void find_asker(struct __sk_buff *skb, struct http_connection *conn, const struct packet *packet,
				       bool is_egress)
{
	conn->asked = 1;
	if (conn->role == SIDE_SERVER)
		conn->client = client_of(conn->server, packet, is_egress);
	else
		note_asker(skb, bpf_ntohs(packet->destination_port));
}

static __always_inline void find_sides(struct __sk_buff *skb, struct bpf_sock *sk, struct http_connection *conn,
				       const struct packet *packet, bool is_egress, bool is_response)
{
	struct http_server_key key = {};

	conn->role = is_response == is_egress ? SIDE_SERVER : SIDE_CLIENT;
	conn->peer = peer_class(packet->peer, skb->protocol == bpf_htons(ETH_P_IP));
	key.cgroup = conn->cgroup = bpf_sk_cgroup_id(sk);
	key.side = conn->role;
	key.port = bpf_ntohs((conn->role == SIDE_SERVER) == is_egress ? packet->source_port : packet->destination_port);
	if (conn->role == SIDE_CLIENT)
		__builtin_memcpy(key.address, packet->peer, sizeof(key.address));
	conn->server = find_server(&key);
	if (!is_response)
		find_asker(skb, conn, packet, is_egress);
}

/* A connection that is opaque is one of its server's, by the name that was asked for. */
static __always_inline void tell_hello(struct __sk_buff *skb, struct http_connection *conn, __u32 start,
				       bool is_egress)
{
	struct http_half *half = &conn->halves[is_egress];
	struct http_request *request = &conn->queue[0];
	struct path_mark mark = {};
	int bytes = read_server_name(skb, start, half);

	if (bytes >= 0) {
		mark_path(half, 0, bytes, &mark);
		mark.cut = 0;
		request->path = find_path(half, 0, &mark, conn->server);
	}
	request->method = METHOD_HELLO;
	tell_request(conn, 0, 0);
}

/* Whether these are the first bytes of SETTINGS as a connection begins with. */
static __always_inline bool is_settings(__u64 word)
{
	__u32 length = (word >> 8 & 0xff) << 8 | (word >> 16 & 0xff);

	return !(word & 0xff) && word >> 24 == FRAME_SETTINGS && length % 6 == 0;
}

/* From here on the connection is HTTP/2; of both directions a frame comes next. */
static __always_inline void begin_frames(struct __sk_buff *skb, struct bpf_sock *sk, struct http_connection *conn,
					 const struct packet *packet, bool is_egress, bool is_response)
{
	conn->protocol = PROTOCOL_HTTP2;
	count(HTTP_CONNECTION_HTTP2);
	find_sides(skb, sk, conn, packet, is_egress, is_response);
	conn->halves[is_egress].state = HALF_START;
}

/* The first bytes of a connection, or of one that we joined: which protocol, and who asks. */
static __always_inline void classify(struct __sk_buff *skb, struct bpf_sock *sk, struct http_connection *conn,
				     const struct packet *packet, bool is_egress)
{
	__u64 word = 0;
	__u32 bytes = skb->len - packet->start, method_bytes = 0, method;
	bool is_response;

	if (bpf_skb_load_bytes(skb, packet->start, &word, 8) && bpf_skb_load_bytes(skb, packet->start, &word, 2))
		bpf_skb_load_bytes(skb, packet->start, &word, 1);
	method = method_of(word, &method_bytes);
	is_response = (word & BYTES(7)) == TEXT8('H', 'T', 'T', 'P', '/', '1', '.', 0);
	if (method == METHOD_PREFACE) {
		begin_frames(skb, sk, conn, packet, is_egress, false);
		conn->halves[is_egress].left = PREFACE_BYTES;
		return;
	}
	/* A server may speak first, before it has seen the preface. */
	if (!conn->joined && is_settings(word)) {
		begin_frames(skb, sk, conn, packet, is_egress, true);
		conn->halves[!is_egress].left = PREFACE_BYTES;
		return;
	}
	if (conn->joined && !(word & 0xff)) {
		__u32 fit = frames_fit(skb, packet->start);

		if (fit & (FRAMES_OF_CLIENT | FRAMES_OF_SERVER)) {
			begin_frames(skb, sk, conn, packet, is_egress, !!(fit & FRAMES_OF_SERVER));
			return;
		}
	}
	/* Fewer bytes than a method has: the line that they begin decides. */
	if (method == METHOD_NONE && !is_response && !(bytes < 8 && (word & 0xff) - 'A' < 26)) {
		if ((word & 0xffff) == 0x0316) {
			conn->protocol = PROTOCOL_TLS;
			count(HTTP_CONNECTION_TLS);
			if (is_hello(word)) {
				find_sides(skb, sk, conn, packet, is_egress, false);
				tell_hello(skb, conn, packet->start, is_egress);
			}
		} else if (!conn->joined || ++conn->tries >= TRIES_MAX) {
			conn->protocol = PROTOCOL_OTHER;
			count(HTTP_CONNECTION_OTHER);
		}
		return;
	}
	conn->protocol = PROTOCOL_HTTP1;
	count(HTTP_CONNECTION_HTTP1);
	find_sides(skb, sk, conn, packet, is_egress, is_response);
}

/*
 * Whether a packet of a direction that is out of step begins a message. It must begin with a start line, and it
 * must not be possible that it is the middle of a body: a request comes when there was an answer to the one
 * before; an answer when a request waits that came after the loss, or when neither direction is in step. Where
 * requests are sent ahead of answers nothing tells, and the connection stays unknown.
 */
static __always_inline bool may_start(struct __sk_buff *skb, struct http_connection *conn, __u32 start,
				      __u32 is_egress)
{
	__u32 bytes = 0;
	__u64 word = 0;

	if (conn->pipelined || skb->len - start < 16 || bpf_skb_load_bytes(skb, start, &word, 8))
		return false;
	if ((is_egress & 1) == (conn->role == SIDE_SERVER))
		return (word & BYTES(7)) == TEXT8('H', 'T', 'T', 'P', '/', '1', '.', 0) &&
		       (conn->head != conn->tail || conn->halves[!(is_egress & 1)].state == HALF_LOST);
	return conn->halves[is_egress & 1].may_start && method_of(word, &bytes) != METHOD_NONE;
}

/* Passes over what the packet has of a body. False when the packet ends with it. */
__noinline int skip_body(struct http_half *half, __u32 end)
{
	__s32 at;
	__u64 here;

	if (!half)
		return 0;
	at = half->base + (__s32)half->line;
	here = at < (__s32)end ? (__s32)end - at : 0;
	if (half->left > here || !here) {
		half->left -= here;
		half->fill = half->line = half->scan = 0;
		return 0;
	}
	at += half->left;
	half->left = 0;
	if (half->chunked)
		half->state = HALF_CHUNK;
	else
		expect_start(half);
	if (at < half->base + (__s32)half->fill) {
		half->line = half->scan = at - half->base;
	} else {
		half->base = at;
		half->line = half->scan = half->fill = 0;
	}
	return 1;
}

/* The bytes of a packet from `start` on, in their direction's state. */
__noinline int take_bytes(struct __sk_buff *skb, struct http_connection *conn, __u32 start, __u32 is_egress)
{
	struct http_half *half;
	__u32 end = skb->len;

	if (!conn)
		return 0;
	half = &conn->halves[is_egress & 1];
	if (half->state == HALF_LOST) {
		if (!may_start(skb, conn, start, is_egress))
			return 0;
		expect_start(half);
	}
	half->head_at = 0;
	/* What an unfinished line has in the window came just before. */
	half->base = (__s32)start - (__s32)half->fill;
	for (__u32 i = 0; i < STEPS_MAX; i++) {
		__u32 state = half->state;
		int kind;

		if (state == HALF_CLOSE || state == HALF_LOST || conn->protocol != PROTOCOL_HTTP1)
			return 0;
		if (state == HALF_BODY) {
			if (!skip_body(half, end))
				return 0;
			continue;
		}
		if (state == HALF_FIELDS && !half->skip_line) {
			take_fields(half, (is_egress & 1) == (conn->role == SIDE_SERVER));
			if (half->state != HALF_FIELDS) {
				choose_rule(conn, is_egress);
				if (half->sampled)
					capture_head(skb, conn, half->base + half->line, is_egress);
				continue;
			}
		}
		kind = next_line(skb, half, end);
		if (kind == LINE_NONE) {
			if (half->state == HALF_START && half->fill && !half->started_ns)
				half->started_ns = bpf_ktime_get_ns();
			return 0;
		}
		if (kind == LINE_TOO_LONG)
			break;
		take_line(conn, is_egress, kind);
		if (kind != LINE_START)
			half->line = half->scan = half->after;
		if (state == HALF_FIELDS && half->state != HALF_FIELDS)
			choose_rule(conn, is_egress);
		if (half->sampled && half->state != HALF_FIELDS)
			capture_head(skb, conn, half->base + half->line, is_egress);
	}
	lose(half, HTTP_TOO_LONG);
	return 0;
}

static __always_inline bool read_packet(struct __sk_buff *skb, struct packet *packet, bool is_egress)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	__u8 *ip = data, *tcp;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		__u32 bytes;

		if (data + 20 > end || ip[9] != IPPROTO_TCP)
			return false;
		bytes = (ip[0] & 15) * 4;
		if (bytes < 20)
			return false;
		packet->start = bytes;
		packet->peer[10] = packet->peer[11] = 0xff;
		__builtin_memcpy(packet->peer + 12, ip + (is_egress ? 16 : 12), 4);
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if (data + 48 > end)
			return false;
		packet->start = 40;
		if (ip[6] == IPPROTO_HOPOPTS) {
			/* RFC 2675: packets of more than 64 KiB, as the loopback device has them. */
			if (ip[40] != IPPROTO_TCP || ip[41] != 0)
				return false;
			packet->start = 48;
		} else if (ip[6] != IPPROTO_TCP) {
			return false;
		}
		__builtin_memcpy(packet->peer, ip + (is_egress ? 24 : 8), 16);
	} else {
		return false;
	}
	tcp = ip + packet->start;
	if ((void *)(tcp + 20) > end)
		return false;
	packet->source_port = *(__be16 *)tcp;
	packet->destination_port = *(__be16 *)(tcp + 2);
	packet->sequence = bpf_ntohl(*(__be32 *)(tcp + 4));
	packet->flags = tcp[13];
	packet->start += (tcp[12] >> 4) * 4;
	return true;
}

/* Whether these bytes are the first that the connection carries. */
static __always_inline bool is_new(struct bpf_sock *sk, struct __sk_buff *skb, bool is_egress)
{
	struct bpf_tcp_sock *tcp = bpf_tcp_sock(sk);
	__u32 segments = is_egress ? (skb->gso_segs ? skb->gso_segs : 1) : 0;

	return tcp && tcp->bytes_received == 0 && tcp->data_segs_out <= segments;
}

/* Bytes of a packet belong to the message that is under way at its end. */
static __always_inline void add_bytes(struct http_connection *conn, __u32 bytes, bool is_egress)
{
	if (is_egress == (conn->role == SIDE_SERVER)) {
		__u32 slot = conn->series;
		struct http_series *series = slot ? bpf_map_lookup_elem(&http_series, &slot) : NULL;

		if (series)
			__sync_fetch_and_add(&series->response_bytes, bytes);
	} else if (conn->tail != conn->head) {
		conn->queue[(conn->tail - 1) & (QUEUE_MAX - 1)].bytes += bytes;
	}
}

static __always_inline int on_packet(struct __sk_buff *skb, bool is_egress)
{
	struct http_connection *conn;
	struct packet packet = {};
	struct http_half *half;
	struct bpf_sock *sk = (struct bpf_sock *)(long)skb->sk;
	__u32 bytes;
	__s32 ahead;

	if (!sk)
		return 1;
	if (!read_packet(skb, &packet, is_egress) || skb->len < packet.start) {
		sk = bpf_sk_fullsock(sk);
		if (sk && sk->protocol == IPPROTO_TCP)
			count(HTTP_PACKET_UNREADABLE);
		return 1;
	}
	bytes = skb->len - packet.start;
	if (!bytes && !(packet.flags & (TCP_FIN | TCP_RST)))
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	if (((struct bpf_sock_state *)sk)->state == TCP_LISTEN) {
		if (bytes)
			count(HTTP_HANDSHAKE_BYTES);
		return 1;
	}
	conn = bpf_sk_storage_get(&http_connections, sk, NULL, 0);
	if (!conn) {
		if (!bytes)
			return 1;
		conn = bpf_sk_storage_get(&http_connections, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
		if (!conn) {
			count(HTTP_CONNECTION_NO_MEMORY);
			return 1;
		}
		count(HTTP_CONNECTIONS);
		conn->joined = !is_new(sk, skb, is_egress);
		if (conn->joined) {
			count(HTTP_CONNECTION_JOINED);
			conn->halves[0].state = conn->halves[1].state = HALF_LOST;
		}
	}
	if (conn->protocol > PROTOCOL_HTTP2)
		return 1;
	half = &conn->halves[is_egress];
	if (bytes && conn->protocol != PROTOCOL_NEW && !conn->asked && is_egress != (conn->role == SIDE_SERVER))
		find_asker(skb, conn, &packet, is_egress);
	if (bytes && conn->protocol == PROTOCOL_HTTP2) {
		if (conn->closed)
			return 1;
		take_frames(skb, sk, conn, packet.start, packet.sequence, is_egress);
	} else if (bytes) {
		ahead = packet.sequence - half->next_seq;
		if (!half->in_step && !half->next_seq) {
			ahead = 0;
			half->next_seq = packet.sequence;
		}
		if (ahead < 0) {
			count(HTTP_RETRANSMITTED);
			if ((__s32)bytes <= -ahead)
				goto closing;
			packet.start += -ahead;
			bytes -= -ahead;
		} else if (ahead > 0) {
			if (half->state == HALF_BODY && half->left >= ahead) {
				count(HTTP_GAPS_IN_BODY);
				half->left -= ahead;
			} else if (half->state != HALF_CLOSE) {
				lose(half, HTTP_GAPS);
				/* What waits may have been answered in what we missed. */
				if (conn->protocol == PROTOCOL_HTTP1 && is_egress == (conn->role == SIDE_SERVER))
					drop_requests(conn, HTTP_LOST, 0);
			}
			half->next_seq = packet.sequence;
		}
		half->next_seq += bytes;
		if (conn->protocol == PROTOCOL_NEW)
			classify(skb, sk, conn, &packet, is_egress);
		if (conn->protocol == PROTOCOL_HTTP1) {
			take_bytes(skb, conn, packet.start, is_egress);
			/* The preface of HTTP/2 in pieces: what is behind its line. */
			if (conn->protocol == PROTOCOL_HTTP2)
				packet.start = half->base;
			else
				add_bytes(conn, bytes, is_egress);
		}
		if (conn->protocol == PROTOCOL_HTTP2 && packet.start < skb->len)
			read_frames(skb, conn, packet.start, is_egress, half->next_seq - (skb->len - packet.start));
	}
closing:
	/* A server that ends the connection, or either that breaks it off, answers no more. */
	if ((conn->protocol == PROTOCOL_HTTP1 || conn->protocol == PROTOCOL_HTTP2) && !conn->closed &&
	    ((packet.flags & TCP_RST) || ((packet.flags & TCP_FIN) && is_egress == (conn->role == SIDE_SERVER)))) {
		conn->closed = 1;
		if (conn->protocol == PROTOCOL_HTTP2)
			send_flag(skb, conn, packet.sequence, is_egress, HTTP2_CLOSED);
		else
			drop_requests(conn, HTTP_ABORTED, 1);
	}
	return 1;
}

SEC("cgroup_skb/ingress")
int http_ingress(struct __sk_buff *skb)
{
	return on_packet(skb, false);
}

SEC("cgroup_skb/egress")
int http_egress(struct __sk_buff *skb)
{
	return on_packet(skb, true);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
