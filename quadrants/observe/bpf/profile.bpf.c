// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Where processor time goes: the stacks of whatever runs when the clock of each
 * processor strikes, whole, counted by process and second. Two maps are written
 * in turn, so that the one that is read and emptied has no writer.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>

/* As deep as kernels walk unless told otherwise (kernel.perf_event_max_stack). */
#define USER_FRAMES_MAX 127
/* The kernel's own calls are hardly ever deeper; what is cut off is what lies outermost. */
#define KERNEL_FRAMES_MAX 64
#define FRAMES_MAX (USER_FRAMES_MAX + KERNEL_FRAMES_MAX)

#define BPF_MAP_TYPE_QUEUE 22
#define BPF_F_USER_STACK 256
#define NS_PER_SECOND 1000000000ULL

/* Names of kernel.h's types with a flavour: the same structures, with the fields that only this program reads. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct mm_struct___sampled {
	unsigned long start_stack;
};

struct task_struct___sampled {
	int tgid;
	__u64 start_boottime;
	struct task_struct___sampled *group_leader;
	struct mm_struct___sampled *mm;
};

#pragma clang attribute pop

/* A process from one exec to the next: no two have the same place for their first stack. 0 for kernel threads. */
struct image {
	__u64 start_ns;
	__u64 start_stack;
	__u32 tgid;
	__u32 zero;
};

struct stack_key {
	__u32 tgid;
	__u32 second;
	__u64 hash;
};

struct stack {
	struct image image;
	/* Of CLOCK_MONOTONIC. */
	__u32 second;
	__u32 count;
	__u16 kernel_frames;
	__u16 user_frames;
	__u32 zero;
	__u64 hash;
	/* The kernel's frames, then the user's, the innermost first. */
	__u64 frames[FRAMES_MAX];
};

struct stack_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	/* For 99 samples a second of two processors, read each second and twice as late; more processors get more. */
	__uint(max_entries, 512);
	__type(key, struct stack_key);
	__type(value, struct stack);
};

struct stack_map stacks_even SEC(".maps");
struct stack_map stacks_odd SEC(".maps");

/* Which of the two is written now: 0 the even one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} turn SEC(".maps");

enum counter {
	/* By turn: all that was sampled, and of that what found no room. */
	SEEN_EVEN,
	SEEN_ODD,
	FULL_EVEN,
	FULL_ODD,
	/* Processes that did not fit in images_new: they are met with their first stack, up to a second later. */
	LATE_IMAGE,
	COUNTER_COUNT,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stack);
} scratch SEC(".maps");

/* Who was told already. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct image);
	__type(value, __u8);
} images_known SEC(".maps");

/* Whose mappings are to be read before they end. A queue: kernels before 5.8 have no ring buffers. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1024);
	__uint(key_size, 0);
	__uint(value_size, sizeof(struct image));
} images_new SEC(".maps");

static __always_inline void count(__u32 counter)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &counter);

	if (value)
		*value += 1;
}

static __always_inline void tell_image(struct image *image)
{
	__u8 told = 1;

	if (image->start_stack == 0 || bpf_map_lookup_elem(&images_known, image))
		return;
	bpf_map_update_elem(&images_known, image, &told, BPF_ANY);
	if (bpf_map_push_elem(&images_new, image, BPF_ANY))
		count(LATE_IMAGE);
}

static __always_inline void write_image(struct image *image)
{
	struct task_struct___sampled *task = (void *)bpf_get_current_task_btf();
	struct task_struct___sampled *leader = task->group_leader;
	struct mm_struct___sampled *mm = task->mm;

	image->start_ns = leader->start_boottime;
	image->tgid = leader->tgid;
	image->start_stack = 0;
	image->zero = 0;
	if (mm)
		image->start_stack = mm->start_stack;
}

static __always_inline void write_frames(void *ctx, struct stack *stack)
{
	__s64 kernel = bpf_get_stack(ctx, stack->frames, KERNEL_FRAMES_MAX * 8, 0);
	__s64 user;

	/* Refused in user mode, and a kernel thread has no user stack. */
	if (kernel < 0)
		kernel = 0;
	/* The verifier wants to see that it stays within. */
	kernel &= 0x3ff;
	if (kernel > KERNEL_FRAMES_MAX * 8)
		kernel = 0;
	user = bpf_get_stack(ctx, (void *)stack->frames + kernel, USER_FRAMES_MAX * 8, BPF_F_USER_STACK);
	if (user < 0)
		user = 0;
	stack->kernel_frames = kernel / 8;
	stack->user_frames = user / 8;
}

/* FNV-1a over words, with the high bits folded in: distinct stacks share 64 bits once in a lifetime. */
static __always_inline __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x100000001b3;
	return hash ^ hash >> 29;
}

static __always_inline __u64 hash_stack(struct stack *stack)
{
	__u64 hash = mix(0xcbf29ce484222325, stack->image.start_ns);
	__u32 frames = stack->kernel_frames + stack->user_frames;

	hash = mix(hash, stack->image.start_stack);
	hash = mix(hash, stack->kernel_frames);
	for (__u32 i = 0; i < FRAMES_MAX; i++) {
		if (i >= frames)
			break;
		hash = mix(hash, stack->frames[i]);
	}
	return hash;
}

static __always_inline void add(void *map, struct stack_key *key, struct stack *stack, __u32 full)
{
	struct stack *known = bpf_map_lookup_elem(map, key);

	if (known) {
		__sync_fetch_and_add(&known->count, 1);
		return;
	}
	if (!bpf_map_update_elem(map, key, stack, BPF_NOEXIST))
		return;
	/* Another processor was first with the same stack, or there is no room. */
	known = bpf_map_lookup_elem(map, key);
	if (known)
		__sync_fetch_and_add(&known->count, 1);
	else
		count(full);
}

SEC("perf_event")
int profile_stacks(void *ctx)
{
	__u32 zero = 0, *odd = bpf_map_lookup_elem(&turn, &zero);
	struct stack *stack = bpf_map_lookup_elem(&scratch, &zero);
	struct stack_key key;

	/* Thread 0 is what runs when nothing does. */
	if (bpf_get_current_pid_tgid() == 0 || !odd || !stack)
		return 0;
	write_image(&stack->image);
	tell_image(&stack->image);
	write_frames(ctx, stack);
	stack->count = 1;
	stack->second = bpf_ktime_get_ns() / NS_PER_SECOND;
	key.tgid = stack->image.tgid;
	key.second = stack->second;
	key.hash = stack->hash = hash_stack(stack);
	if (*odd) {
		count(SEEN_ODD);
		add(&stacks_odd, &key, stack, FULL_ODD);
	} else {
		count(SEEN_EVEN);
		add(&stacks_even, &key, stack, FULL_EVEN);
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
