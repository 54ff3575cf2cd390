/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * From a tls.Conn in a Go process's memory to the kernel's socket below it:
 *
 *   tls.Conn.conn ── *net.TCPConn ── fd ── *netFD ── pfd.Sysfd ── the task's files ── sock
 *
 * An interface in Go is two words, a method table and what it is about; the
 * table has the hash of its type, by which *net.TCPConn is told from all else.
 */
#ifndef QUADRANT_GO_TLS_H
#define QUADRANT_GO_TLS_H

/* Connections around a TCP connection that are looked through: structs that embed a net.Conn before all else. */
#define WRAPPERS_MAX 2
#define S_IFMT 0170000
#define S_IFSOCK 0140000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inode {
	__u16 i_mode;
};

struct file___socket {
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file___socket **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct___files {
	struct files_struct *files;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

struct sock___grouped {
	struct sock_cgroup_data sk_cgrp_data;
};

#pragma clang attribute pop

/* Where a program's version of Go has what; see TlsLayout of lib/golang. */
struct tls_layout {
	__u32 conn;
	__u32 is_client;
	__u32 input;
	__u32 reader_bytes;
	__u32 reader_index;
	__u32 fd;
	__u32 sysfd;
	__u32 tcp_conn_hash;
	__u32 tls_conn_hash;
	__u32 zero;
};

/* Of Go. */
struct interface {
	__u64 methods;
	__u64 data;
};

static __always_inline bool read_user(void *to, __u32 bytes, __u64 from)
{
	return !bpf_probe_read_user(to, bytes, (const void *)from);
}

/* The net.TCPConn below a tls.Conn; 0 where there is none that we know how to come by. */
static __always_inline __u64 find_tcp_conn(const struct tls_layout *layout, __u64 conn)
{
	struct interface below = {};
	__u32 hash = 0;

	if (!read_user(&below, sizeof(below), conn + layout->conn))
		return 0;
#pragma unroll
	for (int i = 0; i <= WRAPPERS_MAX; i++) {
		if (!below.methods || !below.data || !read_user(&hash, sizeof(hash), below.methods + 16))
			return 0;
		if (hash == layout->tcp_conn_hash)
			return below.data;
		/* TLS within TLS: both would be told as one. */
		if (hash == layout->tls_conn_hash || !read_user(&below, sizeof(below), below.data))
			return 0;
	}
	return 0;
}

/* The socket of this descriptor of the process that runs. */
static __always_inline struct sock *find_sock(__u32 fd)
{
	struct task_struct___files *task = (struct task_struct___files *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file___socket **files = BPF_CORE_READ(table, fd);
	struct file___socket *file = NULL;
	struct socket *socket;
	struct sock *sk;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	if (bpf_probe_read_kernel(&file, sizeof(file), files + fd) || !file)
		return NULL;
	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	/* What listens since Go 1.24, where the other side speaks MPTCP as well. */
	if (bpf_core_field_exists(((struct mptcp_sock *)0)->first) &&
	    BPF_CORE_READ(sk, sk_protocol) == IPPROTO_MPTCP)
		sk = BPF_CORE_READ((struct mptcp_sock *)sk, first);
	return BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP ? sk : NULL;
}

static __always_inline struct sock *find_socket(const struct tls_layout *layout, __u64 conn)
{
	__u64 tcp = find_tcp_conn(layout, conn), fd = 0;
	__u32 descriptor = 0;

	if (!tcp || !read_user(&fd, sizeof(fd), tcp + layout->fd) ||
	    !read_user(&descriptor, sizeof(descriptor), fd + layout->sysfd))
		return NULL;
	return find_sock(descriptor);
}

/* Whose socket it is, into a record's head. */
static __always_inline void write_socket(struct stream_record *r, struct sock *sk)
{
	__u32 *local = (__u32 *)r->local_address, *remote = (__u32 *)r->remote_address;

	r->connection = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	r->cgroup = BPF_CORE_READ((struct sock___grouped *)sk, sk_cgrp_data.cgroup, kn, id);
	r->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	r->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		bpf_core_read(local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(remote, 16, &sk->__sk_common.skc_v6_daddr);
		return;
	}
	local[0] = local[1] = remote[0] = remote[1] = 0;
	local[2] = remote[2] = V4_MAPPED_PREFIX;
	local[3] = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	remote[3] = BPF_CORE_READ(sk, __sk_common.skc_daddr);
}

#endif
