/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Bytes of connections as processes send and receive them, in order: of precise
 * mode by the socket's calls, of TLS by the library's. What a call moves is told
 * by one record or several; what of it was not copied is missing between their
 * offsets.
 */
#ifndef QUADRANT_STREAM_H
#define QUADRANT_STREAM_H

/* Behind one record at most. */
#define STREAM_RECORD_BYTES_MAX 16384
/* Of one call at most: the rest is told by its length alone. */
#define STREAM_CALL_BYTES_MAX 65536

enum stream_flag {
	/* Of the process that sends; else of one that receives. */
	STREAM_SENT = 1,
	/* The connection was seen from its first byte on, in this direction. */
	STREAM_FROM_START = 2,
	/* Nothing comes any more, in neither direction. No bytes. */
	STREAM_CLOSED = 4,
	/* The process connected: it asks. Where neither is set, its first bytes tell. */
	STREAM_CLIENT = 8,
	/* It accepted: it answers. */
	STREAM_SERVER = 16,
	/* What TLS carries. */
	STREAM_TLS = 32,
};

struct stream_record {
	/* Socket cookie. */
	__u64 connection;
	/* Of cgroup v2, of the process. */
	__u64 cgroup;
	/* When the call began to send, or was done receiving; CLOCK_MONOTONIC. */
	__u64 at_ns;
	/* Of the first byte here, in its direction: each byte one more, modulo 2^32. Where it starts is open. */
	__u32 offset;
	/* Bytes that this record stands for; those that were copied stand behind it, from the first one on. */
	__u32 length;
	__u32 copied;
	__u32 tgid;
	/* IPv4 as IPv6 has it (RFC 4291, 2.5.5.2); ports in the host's byte order. */
	__u8 local_address[16];
	__u8 remote_address[16];
	__u16 local_port;
	__u16 remote_port;
	__u16 flags;
	__u16 zero;
};

#endif
