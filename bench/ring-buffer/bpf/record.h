/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
#ifndef RECORD_H
#define RECORD_H

/* One finished connection: 11 fields, 48 bytes. */
struct record {
	__u64 at_ns;
	__u64 byte_count;
	__u32 pid;
	__u32 source;
	__u32 destination;
	__u32 duration_us;
	__u32 segment_count;
	__u32 retransmit_count;
	__u16 source_port;
	__u16 destination_port;
	__u32 kind;
};

/* Argument of the program, and its result. */
struct fill {
	__u64 first;        /* index of the first record: the same index gives the same record */
	__u64 count;        /* how many to write, at most 2^23 (bpf_loop) */
	__u64 wakeup_bytes; /* wake the reader when this many bytes wait; 0: never */
	__u64 written;
	__u64 dropped;
};

#endif
