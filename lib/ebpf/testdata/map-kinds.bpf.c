// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
// Maps of many kinds, global variables, subprograms; run with BPF_PROG_TEST_RUN.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct flow_key {
  __u32 address;
  __u16 port;
  __u16 zone;
};

struct flow_value {
  __u64 bytes;
  __u32 packets;
  __u8 flags;
  char comm[16];
  struct {
    __s32 x;
    __s64 y;
  } nested;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct flow_key);
  __type(value, struct flow_value);
} flows SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, __u32);
} per_cpu_hash SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, __u64);
} per_cpu_array SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 256);
  __type(key, __u64);
  __type(value, __u64);
} recent SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1000);
  __uint(map_flags, BPF_F_MMAPABLE);
  __type(key, __u32);
  __type(value, __u32);
} counters SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct flow_value);
} sockets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} perf_events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, 16);
  __uint(value_size, 4);
} queue SEC(".maps");

struct inner {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u64);
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
  __uint(max_entries, 4);
  __type(key, __u32);
  __array(values, struct inner);
} outer SEC(".maps");

const volatile __u32 step = 1;
const volatile char label[8] = "none";
volatile __s64 offset = 40;
volatile __u64 runs;
static volatile __u32 hidden = 7;

static __attribute__((noinline)) __u32 twice(__u32 x) { return x * 2 + hidden - 7; }

__attribute__((noinline)) __u32 add_step(__u32 x) { return twice(x) + step; }

// Returns 2 * (packet length) + step + offset.
SEC("socket")
int count(struct __sk_buff *skb) {
  __u32 zero = 0;
  __u32 *counter = bpf_map_lookup_elem(&counters, &zero);
  if (counter) __sync_fetch_and_add(counter, 1);
  __u64 *mine = bpf_map_lookup_elem(&per_cpu_array, &zero);
  if (mine) *mine += 1;
  runs += 1;
  return add_step(skb->len) + offset;
}

struct loop_context {
  __u64 sum;
};

static long visit(void *map, __u32 *key, __u32 *value, struct loop_context *context) {
  context->sum += *value;
  return 0;
}

// Returns the sum of all counters: a callback's address is taken.
SEC("socket")
int sum_counters(struct __sk_buff *skb) {
  struct loop_context context = {};
  bpf_for_each_map_elem(&counters, visit, &context, 0);
  return context.sum;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
