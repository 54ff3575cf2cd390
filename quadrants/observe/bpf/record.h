/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * The records that every source of socket and process events writes. The same
 * offsets, in 32-bit words, are in src/kernel/record.ts; a test compares both
 * by the BTF of the compiled objects. Little endian; addresses and nothing
 * else are in network byte order. All 64-bit fields lie on 8 bytes.
 */
#ifndef QUADRANT_RECORD_H
#define QUADRANT_RECORD_H

enum sock_record_kind {
	SOCK_STATE = 1,      /* inet_sock_set_state */
	SOCK_SAMPLE = 2,     /* one live socket of an iterator pass */
	SOCK_OWNER = 3,      /* task_file: this process holds the socket; counters as in SAMPLE */
	SOCK_DESTROY = 4,    /* tcp_destroy_sock in process context: who closed */
	SOCK_RESET = 5,      /* a reset was sent or received: see flags */
	SOCK_UDP_PEER = 6,   /* one (cookie, remote) with its cumulative counters */
	SOCK_UDP_CLOSE = 7,  /* a UDP socket was released */
	SOCK_SEND = 8,       /* message mode: one send call; bytes in bytes_sent */
	SOCK_RECEIVE = 9,    /* message mode: one receive call; bytes in bytes_received */
	SOCK_PASS_BEGIN = 10, /* user space: a complete pass over namespace netns begins */
	SOCK_PASS_END = 11,
	SOCK_HOLDER = 12,    /* task_file: this process holds the MPTCP socket before this one */
	PROCESS_EXEC = 32,
	PROCESS_FORK = 33,
	PROCESS_EXIT = 34,
};

enum sock_record_flag {
	SOCK_IN_PROCESS = 1,      /* tgid, start_ns, comm, uid and cgroup are the caller's */
	SOCK_FIN_RECEIVED = 2,
	SOCK_BYTES_UNKNOWN = 4,   /* counters are missing, not zero */
	SOCK_RESET_SENT = 8,
	SOCK_RESET_RECEIVED = 16,
	SOCK_INITIATOR = 32,      /* UDP_PEER: this end sent the first message */
	SOCK_MESSAGES_UNKNOWN = 64, /* UDP: segment counters are missing in one direction or both */
	SOCK_FORGOTTEN = 128,     /* UDP_PEER: the last word on this edge; if it comes back it counts from 0 */
};

struct sock_record {
	unsigned char kind;                 /* word 0 */
	unsigned char family;               /* AF_INET 2, AF_INET6 10 */
	unsigned char protocol;             /* 6, 17 */
	unsigned char flags;
	unsigned int netns;                 /* 1: inode of the network namespace */
	unsigned long long ts;              /* 2: ns, CLOCK_MONOTONIC */
	unsigned long long cookie;          /* 4 */
	unsigned int local[4];              /* 6: network byte order; v4 in [0] */
	unsigned int remote[4];             /* 10 */
	unsigned short local_port;          /* 14: host order */
	unsigned short remote_port;
	unsigned int tgid;                  /* 15: 0 is unknown */
	unsigned long long start_ns;        /* 16: start_boottime of the group leader */
	unsigned long long bytes_sent;      /* 18 */
	unsigned long long bytes_received;  /* 20 */
	unsigned int segments_out;          /* 22: UDP: messages */
	unsigned int segments_in;           /* 23 */
	unsigned int retransmits;           /* 24 */
	unsigned int rtt_us;                /* 25 */
	unsigned char old_state;            /* 26: TCP_ESTABLISHED .. TCP_NEW_SYN_RECV */
	unsigned char new_state;
	unsigned short error;               /* errno of the socket, positive */
	unsigned int uid;                   /* 27 */
	char comm[16];                      /* 28 */
	unsigned long long cgroup;          /* 32: id in the v2 hierarchy */
	/* What began and had no record of its own, on the same clock as ts; 0 otherwise. */
	unsigned long long opened_ts;       /* 34: SYN_SENT; the process is the opener then */
	unsigned long long established_ts;  /* 36 */
};

#define PROCESS_FILENAME_BYTES 176
#define PROCESS_ARGV_BYTES 256

/* The head is written for FORK and EXIT; EXEC has both texts after it. */
struct process_record {
	unsigned char kind;                 /* word 0 */
	unsigned char family;               /* always 0 */
	unsigned short pad;
	unsigned int netns;                 /* 1 */
	unsigned long long ts;              /* 2: ns, CLOCK_MONOTONIC */
	unsigned int tgid;                  /* 4 */
	unsigned int parent_tgid;           /* 5 */
	unsigned long long start_ns;        /* 6: start_boottime of the group leader */
	unsigned long long parent_start_ns; /* 8 */
	unsigned int uid;                   /* 10 */
	unsigned int exit_code;             /* 11: as wait(2) tells it: status << 8 | signal */
	unsigned long long cgroup;          /* 12 */
	char comm[16];                      /* 14 */
	unsigned short filename_bytes;      /* 18: without the final 0 */
	unsigned short argv_bytes;          /* arguments, each ended by 0; may be cut */
	unsigned int argv_total;            /* 19: length before it was cut */
};

struct exec_record {
	struct process_record head;         /* 80 bytes */
	char filename[PROCESS_FILENAME_BYTES];
	char argv[PROCESS_ARGV_BYTES];
};

#endif
