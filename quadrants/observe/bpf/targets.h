/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Processes whose calls are told one by one. User space knows them by name, and
 * names come with an exec: so that no call between exec and the next look is
 * missed, whoever executes something is told too until user space has looked,
 * if it asks for that. A child is what its parent is.
 */
#ifndef QUADRANT_TARGETS_H
#define QUADRANT_TARGETS_H

/* The key that is no process: while it is there, an exec makes a target. */
#define NEW_TARGETS 0xffffffff

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); /* tgid */
	__type(value, __u64); /* ns, CLOCK_MONOTONIC: no later than the record of its fork or exec */
} message_targets SEC(".maps");

static __always_inline bool is_message_target(__u32 tgid)
{
	return bpf_map_lookup_elem(&message_targets, &tgid);
}

static __always_inline void add_message_target(__u32 tgid)
{
	__u64 now = bpf_ktime_get_ns();

	if (bpf_map_update_elem(&message_targets, &tgid, &now, BPF_ANY))
		count_drop(DROP_NEW_TARGET);
}

#endif
