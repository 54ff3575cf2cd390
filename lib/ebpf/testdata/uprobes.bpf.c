// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
// One program of each kind of uprobe section: it counts its runs by cookie and process.
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct hit_key {
  __u64 cookie;
  __u32 tgid;
  __u32 padding;
};

struct hit {
  __u64 count;
  // Of the last one: instruction, rax (first argument in Go's ABI), sum over all of rax.
  __u64 ip;
  __u64 ax;
  __u64 ax_sum;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, struct hit_key);
  __type(value, struct hit);
} hits SEC(".maps");

// Kept whatever the map: how often, in all.
__u64 total = 0;

static __always_inline int record(struct pt_regs *context) {
  struct hit_key key = {
      .cookie = bpf_get_attach_cookie(context),
      .tgid = bpf_get_current_pid_tgid() >> 32,
  };
  struct hit *hit = bpf_map_lookup_elem(&hits, &key);
  if (!hit) {
    struct hit none = {};
    bpf_map_update_elem(&hits, &key, &none, BPF_NOEXIST);
    hit = bpf_map_lookup_elem(&hits, &key);
    if (!hit) return 0;
  }
  __sync_fetch_and_add(&hit->count, 1);
  __sync_fetch_and_add(&hit->ax_sum, context->rax);
  __sync_fetch_and_add(&total, 1);
  hit->ip = context->rip;
  hit->ax = context->rax;
  return 0;
}

SEC("uprobe")
int on_uprobe(struct pt_regs *context) { return record(context); }

SEC("uprobe.s")
int on_uprobe_sleepable(struct pt_regs *context) { return record(context); }

SEC("uprobe.multi")
int on_uprobe_multi(struct pt_regs *context) { return record(context); }

SEC("uprobe.multi.s")
int on_uprobe_multi_sleepable(struct pt_regs *context) { return record(context); }

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 16);
} stamps SEC(".maps");

// When it was hit, for a reader that wants to know how late it is.
SEC("uprobe.multi")
int on_uprobe_stamp(struct pt_regs *context) {
  __u64 now = bpf_ktime_get_ns();
  bpf_ringbuf_output(&stamps, &now, sizeof(now), BPF_RB_FORCE_WAKEUP);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
