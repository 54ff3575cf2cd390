// SPDX-License-Identifier: (GPL-2.0-only OR MIT)
/* Fills a ring buffer with made-up connection records: run by BPF_PROG_TEST_RUN, without any traffic. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "record.h"

#define GROUP_BITS 10

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} records SEC(".maps");

static long write_record(__u64 index, struct fill *fill)
{
	__u64 number = fill->first + index;
	/* Every bit of the number in the high bits: groups come in no order, as on a busy host. */
	__u64 mixed = number * 0x9e3779b97f4a7c15ULL;
	__u32 group = mixed >> (64 - GROUP_BITS);
	struct record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);

	if (!record) {
		fill->dropped++;
		return 0;
	}
	record->at_ns = number * 1000;
	record->byte_count = (mixed >> 20) & 0xffff;
	record->pid = 1000 + (group & 31);
	record->source = 0x0a000001;
	record->destination = 0x0a000100 + (group >> 5);
	record->duration_us = (mixed >> 12) & 0xfffff;
	record->segment_count = (mixed >> 8) & 0x3f;
	record->retransmit_count = (mixed >> 30) & 3;
	record->source_port = 32768 + (number & 0x7fff);
	record->destination_port = 80;
	record->kind = 1 + (number & 1);
	fill->written++;

	/* The kernel's own rule wakes for each record; a threshold, looked at now and then, wakes for many. */
	__u64 flags = BPF_RB_NO_WAKEUP;
	if (fill->wakeup_bytes && (index & 63) == 0 &&
	    bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) >= fill->wakeup_bytes)
		flags = BPF_RB_FORCE_WAKEUP;
	bpf_ringbuf_submit(record, flags);
	return 0;
}

SEC("syscall")
int fill(struct fill *fill)
{
	struct fill state = *fill;

	bpf_loop(state.count, write_record, &state, 0);
	fill->written = state.written;
	fill->dropped = state.dropped;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
