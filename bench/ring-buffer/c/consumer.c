// SPDX-License-Identifier: Apache-2.0
/*
 * The peer in C: libbpf's ring_buffer over the ring it inherits as descriptor 3, each record decoded and added to
 * its group. Commands and answers are those of ../consumer.ts.
 */
#define _GNU_SOURCE
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/libbpf.h>
#include "../bpf/record.h"

#define RING_FD 3
#define GROUPS_MAX 4096
#define SLOTS 8192
#define SLOT_BITS 13
#define MULTIPLIER 0x9e3779b97f4a7c15ULL

struct group {
	__u64 count;
	__u64 key[2];
	__u64 first_ns, last_ns;
	__u64 byte_sum;
	__u64 duration_sum, duration_max;
	__u64 segment_sum, retransmit_sum;
	__u64 source_port_max;
};

static __u32 slots[SLOTS];
/* Group 0 is for the records of further keys. */
static struct group groups[GROUPS_MAX + 1];
static __u32 group_count;
static __u64 event_count;

static struct group *find(__u64 low, __u64 high)
{
	__u64 hash = low * MULTIPLIER;
	hash ^= hash >> 32;
	hash = (hash ^ high) * MULTIPLIER;
	__u32 slot = hash >> (64 - SLOT_BITS);

	for (;; slot = (slot + 1) & (SLOTS - 1)) {
		struct group *group = &groups[slots[slot]];

		if (!slots[slot]) {
			if (group_count == GROUPS_MAX)
				return &groups[0];
			slots[slot] = ++group_count;
			group = &groups[group_count];
			*group = (struct group){ .key = { low, high }, .first_ns = -1ULL };
			return group;
		}
		if (group->key[0] == low && group->key[1] == high)
			return group;
	}
}

static int on_record(void *context, void *data, size_t size)
{
	const struct record *record = data;
	__u64 low;

	if (size < sizeof(*record) || (record->kind != 1 && record->kind != 2))
		return 0;
	memcpy(&low, &record->pid, 8);
	struct group *group = find(low, record->destination | (__u64)record->destination_port << 32);

	event_count++;
	group->count++;
	if (record->at_ns < group->first_ns)
		group->first_ns = record->at_ns;
	if (record->at_ns > group->last_ns)
		group->last_ns = record->at_ns;
	group->byte_sum += record->byte_count;
	group->duration_sum += record->duration_us;
	if (record->duration_us > group->duration_max)
		group->duration_max = record->duration_us;
	group->segment_sum += record->segment_count;
	group->retransmit_sum += record->retransmit_count;
	if (record->source_port > group->source_port_max)
		group->source_port_max = record->source_port;
	return 0;
}

static __u64 clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void answer(__u64 cpu_ns)
{
	struct group sum = { 0 };

	for (__u32 i = 0; i <= group_count; i++) {
		if (!groups[i].count)
			continue;
		sum.first_ns += groups[i].first_ns;
		sum.last_ns += groups[i].last_ns;
		sum.byte_sum += groups[i].byte_sum;
		sum.duration_sum += groups[i].duration_sum;
		sum.duration_max += groups[i].duration_max;
		sum.segment_sum += groups[i].segment_sum;
		sum.retransmit_sum += groups[i].retransmit_sum;
		sum.source_port_max += groups[i].source_port_max;
	}
	printf("{\"cpuNs\":%llu,\"events\":%llu,\"groups\":%u,\"sums\":[%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu]}\n", cpu_ns,
	       event_count, group_count, sum.first_ns, sum.last_ns, sum.byte_sum, sum.duration_sum, sum.duration_max,
	       sum.segment_sum, sum.retransmit_sum, sum.source_port_max);
	fflush(stdout);
	memset(slots, 0, sizeof(slots));
	memset(&groups[0], 0, sizeof(groups[0]));
	group_count = 0;
	event_count = 0;
}

int main(void)
{
	struct ring_buffer *ring = ring_buffer__new(RING_FD, on_record, NULL, NULL);
	char line[64];

	if (!ring) {
		perror("ring_buffer__new");
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		unsigned long long count;
		double seconds;
		__u64 cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);

		if (sscanf(line, "drain %llu", &count) == 1) {
			while (event_count < count)
				ring_buffer__consume(ring);
		} else if (sscanf(line, "poll %lf", &seconds) == 1) {
			__u64 end = clock_ns(CLOCK_MONOTONIC) + seconds * 1e9;

			while (clock_ns(CLOCK_MONOTONIC) < end) {
				ring_buffer__poll(ring, 20);
				ring_buffer__consume(ring);
			}
		}
		answer(clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns);
	}
	return 0;
}
