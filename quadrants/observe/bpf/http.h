/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * What the HTTP programs share with user space: servers, paths and series in
 * arrays that are mapped into memory, and counters. A slot is given once and
 * never taken back; `ready` is written last.
 */
#ifndef QUADRANT_HTTP_H
#define QUADRANT_HTTP_H

#define SERVERS_MAX 512
#define PATHS_MAX 8192
/* The first SERVERS_MAX series are each server's own place for what found no other one. */
#define SERIES_MAX 16384
#define PATH_BYTES 160
/* Clients of all servers that are told apart, and of one server. */
#define CLIENTS_MAX 1024
#define CLIENTS_OF_SERVER_MAX 8

/* Buckets of the latency: 8 for each power of two from 2^10 ns up to 2^36 ns (1 us to 69 s). */
#define LATENCY_EXPONENT_MIN 10
#define LATENCY_EXPONENT_MAX 36
#define LATENCY_BUCKETS ((LATENCY_EXPONENT_MAX - LATENCY_EXPONENT_MIN) * 8)

enum http_side { SIDE_SERVER = 0, SIDE_CLIENT = 1 };

enum http_counter {
	/* Connections on which there were bytes. */
	HTTP_CONNECTIONS,
	HTTP_CONNECTION_HTTP1,
	HTTP_CONNECTION_HTTP2,
	HTTP_CONNECTION_TLS,
	/* Their first bytes are of no protocol that we know. */
	HTTP_CONNECTION_OTHER,
	/* Older than our programs; also one of the kinds once they were in step. */
	HTTP_CONNECTION_JOINED,
	/* 101, or CONNECT: was HTTP/1, is opaque. */
	HTTP_CONNECTION_UPGRADED,
	HTTP_CONNECTION_NO_MEMORY,
	/* Requests: answered + aborted + crowded + lost + those that wait. */
	HTTP_REQUESTS,
	HTTP_ANSWERED,
	HTTP_ABORTED,
	/* More at a time than a connection's queue holds. */
	HTTP_CROWDED,
	/* Waited when bytes of their connection were missed. */
	HTTP_LOST,
	/* Final responses are those of answered, crowded and unknown requests. */
	HTTP_RESPONSE_CROWDED,
	HTTP_RESPONSE_UNPAIRED,
	HTTP_INTERIM,
	/* Bytes that were not there when they should have been, in a body: its length bridges them. */
	HTTP_GAPS_IN_BODY,
	/* Elsewhere. */
	HTTP_GAPS,
	HTTP_RETRANSMITTED,
	/* No start line where one should be. */
	HTTP_MISFRAMED,
	/* More lines or chunks in one packet, or a longer line, than we look at. */
	HTTP_TOO_LONG,
	HTTP_PACKET_UNREADABLE,
	/* Bytes that came with the end of the handshake, which no connection's hook sees. */
	HTTP_HANDSHAKE_BYTES,
	/* What was counted in a place for the rest. */
	HTTP_PATH_OTHER,
	HTTP_SERIES_OTHER,
	HTTP_SERVER_OTHER,
	HTTP_SLOT_RACES,
	/* Heads that were asked for: more than the rule allows in a second, or no room in the ring. */
	HTTP_CAPTURE_CAPPED,
	HTTP_CAPTURE_FULL,
	/* Records with frames of HTTP/2: sent; the ring had no room; too many were being written. */
	HTTP2_RECORDS,
	HTTP2_RING_FULL,
	HTTP2_BUSY,
	/* Times that packets came before those that they follow. */
	HTTP2_UNORDERED,
	HTTP_COUNTERS = 48,
};

struct http_counts {
	__u64 counts[HTTP_COUNTERS];
};

/* Whose requests: of a cgroup's port, or what a cgroup asks of an address and port. */
struct http_server_key {
	__u64 cgroup;
	__u16 port;
	__u8 side;
	__u8 zero[5];
	/* IPv4 as IPv6 has it; zero at the server's side. */
	__u8 address[16];
};

struct http_server {
	struct http_server_key key;
	__u32 ready;
	__u32 paths;
	__u32 clients;
	__u32 zero;
};

/* Who asks a server: a process of this host, or an address. */
struct http_client_key {
	__u32 server;
	/* 0: not of this host, or not known. */
	__u32 tgid;
	/* IPv4 as IPv6 has it; zero of a process. */
	__u8 address[16];
};

struct http_client {
	struct http_client_key key;
	__u32 ready;
	__u32 zero;
};

struct http_path_key {
	__u64 hash;
	__u32 server;
	__u32 zero;
};

struct http_path {
	__u32 ready;
	__u32 server;
	/* Of the path up to `?`; more than the text has when it was cut. */
	__u32 bytes;
	__u32 cut;
	__u8 text[PATH_BYTES];
};

struct http_series_key {
	__u32 server;
	/* 0: no place for its path. */
	__u32 path;
	/* 0: no answer came. */
	__u16 status;
	__u8 method;
	__u8 peer;
	__u8 minor;
	__u8 zero;
	/* Slot of http_clients; 0: not told apart. */
	__u16 client;
};

struct http_series {
	struct http_series_key key;
	__u32 ready;
	__u32 zero;
	__u64 count;
	__u64 latency_ns;
	__u64 request_bytes;
	__u64 response_bytes;
	/* Latencies below and above the buckets. */
	__u32 below;
	__u32 above;
	__u32 latency[LATENCY_BUCKETS];
};

/* A longer frame is told by its head alone. */
#define HTTP2_KEPT_BYTES_MAX 65536

enum http2_flag {
	/* The connection was seen from its first byte on. */
	HTTP2_FROM_START = 1,
	/* Nothing comes any more. */
	HTTP2_CLOSED = 2,
	/* Bytes as they were sent, in the order in which packets came. */
	HTTP2_WHOLE = 4,
	/* From `sequence` on such are to follow; these are the beginning of a frame's head, or none. */
	HTTP2_UNORDERED_FROM = 8,
	/* All bytes before `sequence` have come, and a frame begins there. */
	HTTP2_ORDERED = 16,
};

/*
 * Frames of one direction of a connection, their bytes behind this: the head of each that is DATA, HEADERS,
 * RST_STREAM, SETTINGS, PUSH_PROMISE, GOAWAY or CONTINUATION, and its payload unless it is DATA (then the length of
 * its padding, if it has some) or longer than HTTP2_KEPT_BYTES_MAX.
 */
struct http2_record {
	/* Socket cookie. */
	__u64 connection;
	/* When the packet passed. */
	__u64 at_ns;
	__u32 server;
	/* Of the direction's records. Where one is left out, something is missing. */
	__u32 number;
	/* Of the first byte of the packet, or of what is told of it. */
	__u32 sequence;
	/* With HTTP2_UNORDERED_FROM: so many bytes are of a frame that was told, and tell nothing. */
	__u32 left;
	__u16 bytes;
	/* Of the first bytes: those of a frame whose head an earlier record has; no fewer than they are. */
	__u16 before;
	__u8 of_server;
	__u8 peer;
	__u8 flags;
	__u8 zero;
	/* Slot of http_clients; 0: not told apart. */
	__u16 client;
	__u16 zeros[3];
};

/* Written by the programs: how many slots are given. */
struct http_slots {
	__u32 servers;
	__u32 paths;
	__u32 series;
	__u32 clients;
};

#endif
