// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * What processes send and receive over TCP, copied from their own memory while
 * they call: of the sockets of chosen cgroups alone, any other one costs a look
 * into a table. Nothing is kept for a connection here: the socket's own sequence
 * numbers say where bytes belong, so what is told twice is seen to be the same,
 * and what came by another way (splice, sendfile, io_uring) to be missing.
 *
 * Sending is told as a call begins, for its answer may come before it returns;
 * bytes that the socket then has no room for are told again by the next call.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "record.h"
#include "socket.h"
#include "stream.h"

/* Of one call: buffers, and records of a long one. */
#define PIECES_MAX 24
/* Of one call, while the ring is more than three quarters full. */
#define PRESSED_BYTES_MAX 1024
/* BPF_RB_AVAIL_DATA, BPF_RB_RING_SIZE */
#define RING_AVAILABLE 0
#define RING_BYTES 1
#define ITER_UBUF 0
#define ITER_IOVEC 1

/* Indices of stream_counts. */
enum stream_count {
	STREAM_RING_FULL = 0,
	STREAM_UNREADABLE = 1,  /* the memory of a call was not there */
	STREAM_COUNTS = 8,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

struct sock___grouped {
	struct sock_cgroup_data sk_cgrp_data;
};

struct tcp_sock___read {
	__u32 copied_seq;
	__u32 rcv_nxt;
};

struct iov_iter {
	__u8 iter_type;
	unsigned long iov_offset;
	const void *__iov;
	unsigned long count;
	unsigned long nr_segs;
};

struct msghdr___read {
	struct iov_iter msg_iter;
};

/* Of both architectures, whichever the kernel has. */
struct pt_regs___x86 {
	unsigned long si, dx, orig_ax;
};

struct pt_regs___arm64 {
	__u64 regs[31];
	__s32 syscallno;
};

#pragma clang attribute pop

struct pt_regs;

/* struct iovec. */
struct segment {
	__u64 base;
	__u64 bytes;
};

struct call {
	/* Buffers, and where their list goes on: in the kernel's memory or the process's. */
	__u64 segments;
	__u32 segment_count;
	__u32 in_kernel;
	__u64 base;
	__u64 here;
	/* Of the call, not told yet. */
	__u32 left;
	/* Bytes that may be copied of it. */
	__u32 budget;
};

struct told {
	struct stream_record head;
	__u8 bytes[STREAM_RECORD_BYTES_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 32 << 20);
} stream_records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u32);
} stream_groups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, STREAM_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} stream_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct told);
} stream_scratch SEC(".maps");

static __always_inline void count(__u32 index)
{
	__u64 *value = bpf_map_lookup_elem(&stream_counts, &index);

	if (value)
		__sync_fetch_and_add(value, 1);
}

/* 0: nobody asked for it. */
static __always_inline __u64 chosen_group(const struct sock *sk)
{
	struct cgroup *group = ((const struct sock___grouped *)sk)->sk_cgrp_data.cgroup;
	__u64 id;

	if (!group)
		return 0;
	id = group->kn->id;
	return bpf_map_lookup_elem(&stream_groups, &id) ? id : 0;
}

static __always_inline bool is_tcp(const struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;

	return (family == AF_INET || family == AF_INET6) && sk->sk_protocol == IPPROTO_TCP;
}

static __always_inline void write_address(__u8 *to, __be32 v4)
{
	__u32 *words = (__u32 *)to;

	words[0] = words[1] = 0;
	words[2] = V4_MAPPED_PREFIX;
	words[3] = v4;
}

static __always_inline void write_v6(__u8 *to, const __be32 *from)
{
	__u32 *words = (__u32 *)to;

	words[0] = from[0];
	words[1] = from[1];
	words[2] = from[2];
	words[3] = from[3];
}

static __always_inline void write_head(struct stream_record *r, struct sock *sk, __u64 group)
{
	const struct sock_common *common = &sk->__sk_common;

	r->connection = bpf_get_socket_cookie(sk);
	r->cgroup = group;
	r->at_ns = bpf_ktime_get_ns();
	r->tgid = bpf_get_current_pid_tgid() >> 32;
	r->local_port = common->skc_num;
	r->remote_port = bpf_ntohs(common->skc_dport);
	r->zero = 0;
	if (common->skc_family == AF_INET6) {
		write_v6(r->local_address, common->skc_v6_rcv_saddr.in6_u.u6_addr32);
		write_v6(r->remote_address, common->skc_v6_daddr.in6_u.u6_addr32);
	} else {
		write_address(r->local_address, common->skc_rcv_saddr);
		write_address(r->remote_address, common->skc_daddr);
	}
}

/* The next buffer of a call that has several. */
static __always_inline bool next_segment(struct call *call)
{
	struct segment segment = {};
	long error;

	if (!call->segment_count)
		return false;
	if (call->in_kernel)
		error = bpf_probe_read_kernel(&segment, sizeof(segment), (const void *)call->segments);
	else
		error = bpf_probe_read_user(&segment, sizeof(segment), (const void *)call->segments);
	if (error) {
		count(STREAM_UNREADABLE);
		return false;
	}
	call->segments += sizeof(segment);
	call->segment_count--;
	call->base = segment.base;
	call->here = segment.bytes;
	return true;
}

static __always_inline void send_record(struct told *told, __u32 copied, __u32 length)
{
	struct stream_record *r = &told->head;

	r->copied = copied;
	r->length = length;
	if (copied > STREAM_RECORD_BYTES_MAX)
		return;
	if (bpf_ringbuf_output(&stream_records, told, sizeof(*r) + copied, BPF_RB_NO_WAKEUP))
		count(STREAM_RING_FULL);
	r->offset += length;
	r->flags &= ~STREAM_FROM_START;
}

/* One buffer's next bytes. A function of its own, which is verified once. 0 when there is nothing left to copy. */
__noinline int tell_piece(struct call *call)
{
	__u32 zero = 0, bytes;
	struct told *told = bpf_map_lookup_elem(&stream_scratch, &zero);

	if (!call || !told || !call->left || !call->budget)
		return 0;
	if (!call->here)
		return next_segment(call);
	bytes = call->left < call->budget ? call->left : call->budget;
	if (bytes > call->here)
		bytes = call->here;
	if (bytes > STREAM_RECORD_BYTES_MAX)
		bytes = STREAM_RECORD_BYTES_MAX;
	if (bpf_probe_read_user(told->bytes, bytes, (const void *)call->base)) {
		count(STREAM_UNREADABLE);
		return 0;
	}
	send_record(told, bytes, bytes);
	call->base += bytes;
	call->here -= bytes;
	call->left -= bytes;
	call->budget -= bytes;
	return 1;
}

static __always_inline void tell_bytes(struct call *call, struct told *told)
{
	/* A ring that fills up has room for heads, and most bodies have a length that bridges them. */
	call->budget = bpf_ringbuf_query(&stream_records, RING_AVAILABLE) >
				       bpf_ringbuf_query(&stream_records, RING_BYTES) / 4 * 3 ?
			       PRESSED_BYTES_MAX :
			       STREAM_CALL_BYTES_MAX;
	for (int i = 0; i < PIECES_MAX; i++)
		if (!tell_piece(call))
			break;
	if (call->left)
		send_record(told, 0, call->left);
}

SEC("tp_btf/tcp_sendmsg_locked")
int BPF_PROG(stream_send, struct sock *sk, struct msghdr *msg)
{
	const struct iov_iter *iter = &((struct msghdr___read *)msg)->msg_iter;
	__u64 group = chosen_group(sk);
	struct call call = {};
	struct told *told;
	struct tcp_sock *tp;
	__u32 zero = 0, write_seq, type;
	__u64 offset, buffers;

	if (!group || !is_tcp(sk))
		return 0;
	type = iter->iter_type;
	offset = iter->iov_offset;
	/* One buffer, and the call goes on: all of it was told as it began. */
	if (type == ITER_UBUF && offset)
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	told = bpf_map_lookup_elem(&stream_scratch, &zero);
	if (!tp || !told)
		return 0;
	call.left = iter->count;
	if (!call.left)
		return 0;
	write_seq = tp->write_seq;
	bpf_core_read(&buffers, sizeof(buffers), &iter->__iov);
	write_head(&told->head, sk, group);
	told->head.offset = write_seq;
	told->head.flags = STREAM_SENT;
	if (tp->bytes_sent - tp->bytes_retrans + (write_seq - tp->snd_nxt) == 0)
		told->head.flags |= STREAM_FROM_START;
	if (type == ITER_UBUF) {
		call.base = buffers;
		call.here = call.left;
	} else if (type == ITER_IOVEC) {
		unsigned long segments = 0;

		bpf_core_read(&segments, sizeof(segments), &iter->nr_segs);
		call.segments = buffers;
		call.segment_count = segments;
		call.in_kernel = 1;
		if (next_segment(&call)) {
			offset = offset < call.here ? offset : call.here;
			call.base += offset;
			call.here -= offset;
		}
	}
	tell_bytes(&call, told);
	return 0;
}

/* Where the system call that runs put what it received. */
static __always_inline void find_buffers(struct call *call)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	__u64 second, third, list[2];
	bool is_buffer, is_vector, is_message;
	__s64 number;

	if (bpf_core_field_exists(((struct pt_regs___x86 *)regs)->orig_ax)) {
		number = ((struct pt_regs___x86 *)regs)->orig_ax;
		second = ((struct pt_regs___x86 *)regs)->si;
		third = ((struct pt_regs___x86 *)regs)->dx;
		is_buffer = number == 0 || number == 45;
		is_vector = number == 19;
		is_message = number == 47;
	} else {
		number = ((struct pt_regs___arm64 *)regs)->syscallno;
		second = ((struct pt_regs___arm64 *)regs)->regs[1];
		third = ((struct pt_regs___arm64 *)regs)->regs[2];
		is_buffer = number == 63 || number == 207;
		is_vector = number == 65;
		is_message = number == 212;
	}
	if (is_buffer) {
		call->base = second;
		call->here = call->left;
	} else if (is_vector) {
		call->segments = second;
		call->segment_count = third;
	} else if (is_message) {
		/* struct user_msghdr: msg_iov and msg_iovlen. */
		if (bpf_probe_read_user(list, sizeof(list), (const void *)(second + 16))) {
			count(STREAM_UNREADABLE);
			return;
		}
		call->segments = list[0];
		call->segment_count = list[1];
	}
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(stream_receive, struct sock *sk, int length, int flags)
{
	__u64 group;
	struct call call = {};
	struct told *told;
	struct tcp_sock *tp;
	__u32 zero = 0, copied_seq, unread, fin;

	if (length <= 0 || flags & MSG_PEEK)
		return 0;
	if (!is_tcp(sk))
		return 0;
	group = chosen_group(sk);
	if (!group)
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	told = bpf_map_lookup_elem(&stream_scratch, &zero);
	if (!tp || !told)
		return 0;
	copied_seq = ((struct tcp_sock___read *)tp)->copied_seq;
	unread = ((struct tcp_sock___read *)tp)->rcv_nxt - copied_seq;
	/* A FIN counts as a byte that was received, and here also as one that was read. */
	fin = !unread && sk->__sk_common.skc_flags & (1UL << SOCK_DONE);
	write_head(&told->head, sk, group);
	told->head.offset = copied_seq - length - fin;
	told->head.flags = 0;
	if (tp->bytes_received - unread - fin == length)
		told->head.flags |= STREAM_FROM_START;
	call.left = length;
	find_buffers(&call);
	tell_bytes(&call, told);
	return 0;
}

/* Not as its state closes: what has arrived may be read after that. */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(stream_closed, struct sock *sk)
{
	__u64 group;
	struct stream_record r = {};

	if (!is_tcp(sk))
		return 0;
	group = chosen_group(sk);
	if (!group)
		return 0;
	write_head(&r, sk, group);
	r.flags = STREAM_CLOSED;
	if (bpf_ringbuf_output(&stream_records, &r, sizeof(r), BPF_RB_NO_WAKEUP))
		count(STREAM_RING_FULL);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
