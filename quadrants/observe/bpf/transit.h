/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * What began on a TCP socket and is not told yet: when it was opened and by whom,
 * when it was established, who closes it. The next record of the socket tells it:
 * of a short connection that is CLOSE, of another one the next pass. A record
 * costs several times as much as a place here.
 *
 * Places are found by the cookie, which counts up: neighbours in time lie side
 * by side. A socket whose place is taken has a record for each state. So it is
 * for all where there are no ring buffers: such kernels have no
 * compare-and-exchange for programs either.
 *
 * A place belongs to its socket's lock: state changes and passes hold it.
 */
#ifndef QUADRANT_TRANSIT_H
#define QUADRANT_TRANSIT_H

struct transit {
	__u64 cookie; /* 0: free */
	__u64 opened_ts;
	__u64 established_ts;
	__u64 start_ns;
	__u64 cgroup;
	char comm[16];
	__u32 tgid; /* 0: nobody is known yet */
	__u32 uid;
	__u32 netns; /* user space looks which namespaces have news */
	__u32 pad;
};

#ifdef QUADRANT_PERF

static __always_inline struct transit *transit_of(__u64 cookie)
{
	return NULL;
}

static __always_inline struct transit *begin_transit(__u64 cookie, struct sock *sk)
{
	return NULL;
}

#else

/* A power of two, and the size of the map. */
const volatile __u32 transit_places = 8192;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8192);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct transit);
} transits SEC(".maps");

static __always_inline struct transit *transit_place(__u64 cookie)
{
	__u32 index = cookie & (transit_places - 1);

	return bpf_map_lookup_elem(&transits, &index);
}

/* What is kept of a socket; NULL when nothing is. */
static __always_inline struct transit *transit_of(__u64 cookie)
{
	struct transit *place = transit_place(cookie);

	return place && place->cookie == cookie ? place : NULL;
}

/* A place for a socket that has none; NULL when it is taken. */
static __always_inline struct transit *begin_transit(__u64 cookie, struct sock *sk)
{
	struct transit *place = transit_place(cookie);

	if (!place || __sync_val_compare_and_swap(&place->cookie, 0, cookie))
		return NULL;
	place->opened_ts = 0;
	place->established_ts = 0;
	place->tgid = 0;
	place->netns = sk->__sk_common.skc_net.net->ns.inum;
	return place;
}

#endif

static __always_inline void keep_current(struct transit *place)
{
	struct task_struct *leader = bpf_get_current_task_btf()->group_leader;

	place->start_ns = leader->start_boottime;
	place->cgroup = leader->cgroups->dfl_cgrp->kn->id;
	*(__u64 *)&place->comm[0] = *(__u64 *)&leader->comm[0];
	*(__u64 *)&place->comm[8] = *(__u64 *)&leader->comm[8];
	place->uid = leader->cred->uid.val;
	place->tgid = leader->tgid;
}

static __always_inline void write_beginning(struct sock_record *r, const struct transit *place)
{
	r->opened_ts = place ? place->opened_ts : 0;
	r->established_ts = place ? place->established_ts : 0;
}

static __always_inline void write_kept_process(struct sock_record *r, const struct transit *place)
{
	r->flags |= SOCK_IN_PROCESS;
	r->tgid = place->tgid;
	r->start_ns = place->start_ns;
	r->uid = place->uid;
	*(__u64 *)&r->comm[0] = *(__u64 *)&place->comm[0];
	*(__u64 *)&r->comm[8] = *(__u64 *)&place->comm[8];
	r->cgroup = place->cgroup;
}

static __always_inline void end_transit(struct transit *place)
{
	/* Whoever takes it next may be on another processor. */
	__sync_fetch_and_and(&place->cookie, 0);
}

#endif
