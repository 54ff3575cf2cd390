/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * The way of a record to user space: a ring buffer, or a perf buffer on
 * kernels that have none (compiled with -DQUADRANT_PERF). Records are written
 * without a wake-up, which costs fifty times the record: user space polls. What
 * does not fit is counted by CPU and kind.
 */
#ifndef QUADRANT_EMIT_H
#define QUADRANT_EMIT_H

/* Below the record kinds, which are their own index in drops. */
enum drop_index {
	DROP_UDP_TABLE = 60,   /* messages whose peer did not fit in udp_peers */
	DROP_UDP_CALL = 61,    /* calls whose peer did not fit in udp_calls: counted on the unknown peer */
	DROP_NEW_TARGET = 62,  /* new processes that did not fit in message_targets until user space looked */
	DROP_COUNT = 64,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DROP_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} drops SEC(".maps");

static __always_inline void count_drop(__u32 index)
{
	__u64 *count = bpf_map_lookup_elem(&drops, &index);

	if (count)
		*count += 1;
}

#ifdef QUADRANT_PERF

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} records SEC(".maps");

#define RECORD_MEMORY(type, name) type name
#define RECORD_RESERVE(memory, kind) (&(memory))
#define RECORD_SUBMIT(context, record, record_kind)                                              \
	({                                                                                       \
		if (bpf_perf_event_output(context, &records, BPF_F_CURRENT_CPU, record,          \
					  sizeof(*(record))))                                     \
			count_drop(record_kind);                                                  \
	})

#else

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} records SEC(".maps");

#define RECORD_MEMORY(type, name) type *name
#define RECORD_RESERVE(memory, kind)                                                             \
	({                                                                                       \
		memory = bpf_ringbuf_reserve(&records, sizeof(*(memory)), 0);                     \
		if (!memory)                                                                      \
			count_drop(kind);                                                         \
		memory;                                                                           \
	})
#define RECORD_SUBMIT(context, record, record_kind) bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP)

#endif
#endif
