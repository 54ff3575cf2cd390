// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
// Three ways to keep the stacks of samples: their numbers in a stack map, whole and counted, whole and sent one by one.
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <bpf/bpf_helpers.h>

// As deep as kernels walk unless told otherwise (kernel.perf_event_max_stack).
#define FRAMES_MAX 127
#define EEXIST 17

enum outcome {
  SAMPLED,
  // A user or kernel stack that is not there: kernel threads, or code in user mode.
  WITHOUT_USER_STACK,
  WITHOUT_KERNEL_STACK,
  // Another stack sits in the same place of the stack map.
  COLLIDED,
  // No room in the map or ring.
  FULL,
  OUTCOME_COUNT,
};

// Of all processes when 0.
const volatile __u32 target_tgid = 0;

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, OUTCOME_COUNT);
  __type(key, __u32);
  __type(value, __u64);
} outcomes SEC(".maps");

static __always_inline void count(__u32 outcome) {
  __u64 *value = bpf_map_lookup_elem(&outcomes, &outcome);
  if (value) *value += 1;
}

// The process that a sample is for: none when idle, or when another one is meant.
static __always_inline __u64 sampled(void) {
  __u64 id = bpf_get_current_pid_tgid();
  if (id == 0 || (target_tgid != 0 && id >> 32 != target_tgid)) return 0;
  count(SAMPLED);
  return id;
}

// 1: numbers of stacks.

struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(max_entries, 4096);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, FRAMES_MAX * sizeof(__u64));
} stacks SEC(".maps");

struct id_key {
  __u32 tgid;
  __u32 pid;
  __s32 kernel_id;
  __s32 user_id;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct id_key);
  __type(value, __u64);
} id_counts SEC(".maps");

static __always_inline __s32 stack_id(void *context, __u64 flags, __u32 absent) {
  __s64 id = bpf_get_stackid(context, &stacks, flags);
  if (id < 0) count(id == -EEXIST ? COLLIDED : absent);
  return id;
}

SEC("perf_event")
int count_by_id(struct bpf_perf_event_data *context) {
  __u64 id = sampled(), one = 1, *value;
  struct id_key key = {.tgid = id >> 32, .pid = id};
  if (id == 0) return 0;
  key.kernel_id = stack_id(context, 0, WITHOUT_KERNEL_STACK);
  key.user_id = stack_id(context, BPF_F_USER_STACK, WITHOUT_USER_STACK);
  value = bpf_map_lookup_elem(&id_counts, &key);
  if (value)
    __sync_fetch_and_add(value, 1);
  else if (bpf_map_update_elem(&id_counts, &key, &one, BPF_NOEXIST))
    count(FULL);
  return 0;
}

// 2 and 3: whole stacks.

struct stack_key {
  __u32 tgid;
  __u32 pid;
  __u64 hash;
};

struct stack {
  __u64 count;
  __u32 tgid;
  __u32 pid;
  __u32 kernel_bytes;
  __u32 user_bytes;
  // The kernel's frames, then the user's.
  __u64 frames[2 * FRAMES_MAX];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct stack);
} scratch SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct stack_key);
  __type(value, struct stack);
} stack_counts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 20);
} stack_records SEC(".maps");

static __always_inline struct stack *take(void *context, __u64 id) {
  __u32 zero = 0;
  struct stack *stack = bpf_map_lookup_elem(&scratch, &zero);
  __s64 kernel_bytes, user_bytes;
  if (!stack) return 0;
  kernel_bytes = bpf_get_stack(context, stack->frames, FRAMES_MAX * 8, 0);
  if (kernel_bytes <= 0) {
    count(WITHOUT_KERNEL_STACK);
    kernel_bytes = 0;
  }
  // The verifier wants to see that it stays within.
  kernel_bytes &= 0x3ff;
  if (kernel_bytes > FRAMES_MAX * 8) return 0;
  user_bytes = bpf_get_stack(context, (void *)stack->frames + kernel_bytes, FRAMES_MAX * 8, BPF_F_USER_STACK);
  if (user_bytes <= 0) {
    count(WITHOUT_USER_STACK);
    user_bytes = 0;
  }
  stack->count = 1;
  stack->tgid = id >> 32;
  stack->pid = id;
  stack->kernel_bytes = kernel_bytes;
  stack->user_bytes = user_bytes;
  return stack;
}

SEC("perf_event")
int count_whole(struct bpf_perf_event_data *context) {
  __u64 id = sampled(), hash = 0xcbf29ce484222325;
  struct stack_key key = {.tgid = id >> 32, .pid = id};
  struct stack *stack, *known;
  __u32 frames;
  if (id == 0) return 0;
  stack = take(context, id);
  if (!stack) return 0;
  frames = (stack->kernel_bytes + stack->user_bytes) / 8;
  // FNV-1a over words, with the high bits folded in: distinct stacks share 64 bits once in a lifetime.
  for (__u32 i = 0; i < 2 * FRAMES_MAX; i++) {
    if (i >= frames) break;
    hash = (hash ^ stack->frames[i]) * 0x100000001b3;
    hash ^= hash >> 29;
  }
  key.hash = hash ^ stack->kernel_bytes;
  known = bpf_map_lookup_elem(&stack_counts, &key);
  if (known)
    __sync_fetch_and_add(&known->count, 1);
  else if (bpf_map_update_elem(&stack_counts, &key, stack, BPF_NOEXIST))
    count(FULL);
  return 0;
}

SEC("perf_event")
int send_whole(struct bpf_perf_event_data *context) {
  __u64 id = sampled();
  struct stack *stack;
  __u32 bytes;
  if (id == 0) return 0;
  stack = take(context, id);
  if (!stack) return 0;
  bytes = stack->kernel_bytes + stack->user_bytes;
  if (bytes > 2 * FRAMES_MAX * 8) return 0;
  if (bpf_ringbuf_output(&stack_records, stack, bytes + __builtin_offsetof(struct stack, frames), BPF_RB_NO_WAKEUP))
    count(FULL);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
