// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
// Writes numbered events into a ring buffer and into perf buffers; run with BPF_PROG_TEST_RUN.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct event {
  __u64 number;
  struct {
    __u32 address;
    __u16 port;
  } peer;
  __u8 kind;
  __s32 delta;
  __u32 bytes;
  __u64 filler[4];
};

// Keeps the struct in the BTF.
const struct event *event_type __attribute__((unused));

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 65536);
} ring SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} perf SEC(".maps");

// Events for which there was no room: in the ring, in the perf buffers.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, __u64);
} lost SEC(".maps");

struct run {
  struct bpf_raw_tracepoint_args *context;
  __u64 first;
};

static void make(struct event *event, __u64 number) {
  __builtin_memset(event, 0, sizeof(*event));
  event->number = number;
  event->peer.address = number % 13;
  event->peer.port = 80 + number % 3;
  event->kind = number % 4;
  event->delta = 100 - (__s32)(number % 200);
  event->bytes = number * 7;
}

static void count_lost(__u32 key) {
  __u64 *count = bpf_map_lookup_elem(&lost, &key);
  if (count)
    *count += 1;
}

static long ring_event(__u32 index, struct run *run) {
  struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
  if (!event) {
    count_lost(0);
    return 0;
  }
  make(event, run->first + index);
  // Each fifth is thrown away again.
  if (event->number % 5 == 4)
    bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
  else
    bpf_ringbuf_submit(event, BPF_RB_FORCE_WAKEUP);
  return 0;
}

static long perf_event(__u32 index, struct run *run) {
  struct event event;
  make(&event, run->first + index);
  // Lengths differ, so that records wrap around the end of the ring at every place.
  __u64 size = sizeof(event) - 8 * (event.number & 3);
  if (bpf_perf_event_output(run->context, &perf, BPF_F_CURRENT_CPU, &event, size))
    count_lost(1);
  return 0;
}

// Arguments of both: number of the first event, how many.
SEC("raw_tp")
int fill_ring(struct bpf_raw_tracepoint_args *context) {
  struct run run = {context, context->args[0]};
  bpf_loop(context->args[1], ring_event, &run, 0);
  return 0;
}

SEC("raw_tp")
int fill_perf(struct bpf_raw_tracepoint_args *context) {
  struct run run = {context, context->args[0]};
  bpf_loop(context->args[1], perf_event, &run, 0);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
