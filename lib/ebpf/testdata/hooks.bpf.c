// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
// One program at each kind of hook: it counts its runs, for one process where it can tell.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define KERNEL __attribute__((preserve_access_index))

struct task_struct {
  int pid;
  int tgid;
  char comm[16];
} KERNEL;

struct seq_file;

struct bpf_iter_meta {
  struct seq_file *seq;
  __u64 seq_num;
} KERNEL;

struct bpf_iter__task {
  struct bpf_iter_meta *meta;
  struct task_struct *task;
} KERNEL;

struct sock_common {
  unsigned short skc_family;
  __u16 skc_num;
} KERNEL;

struct sock {
  struct sock_common __sk_common;
} KERNEL;

struct bpf_iter__tcp {
  struct bpf_iter_meta *meta;
  struct sock_common *sk_common;
} KERNEL;

struct bpf_iter__bpf_map_elem {
  struct bpf_iter_meta *meta;
  struct bpf_map *map;
  void *key;
  void *value;
} KERNEL;

enum hook {
  HOOK_TP_BTF,
  HOOK_RAW_TP,
  HOOK_TRACEPOINT,
  HOOK_CONNECT4,
  HOOK_SENDMSG4,
  HOOK_RECVMSG4,
  HOOK_EGRESS,
  HOOK_INGRESS,
  HOOK_SOCK_RELEASE,
  HOOK_PERF_EVENT,
  HOOK_FENTRY,
  HOOK_KPROBE,
  HOOK_COUNT,
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, HOOK_COUNT);
  __uint(map_flags, BPF_F_MMAPABLE);
  __type(key, __u32);
  __type(value, __u64);
} runs SEC(".maps");

// Process whose hooks are counted.
const volatile __u32 target_tgid = 0;

static __always_inline void count(__u32 hook) {
  __u64 *value = bpf_map_lookup_elem(&runs, &hook);
  if (value) __sync_fetch_and_add(value, 1);
}

static __always_inline int mine(void) { return bpf_get_current_pid_tgid() >> 32 == target_tgid; }

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_tp_btf, struct task_struct *task) {
  if (BPF_CORE_READ(task, tgid) > 0) count(HOOK_TP_BTF);
  return 0;
}

SEC("raw_tp/sched_process_exec")
int on_raw_tp(void *context) {
  count(HOOK_RAW_TP);
  return 0;
}

SEC("tp/sched/sched_process_exec")
int on_tracepoint(void *context) {
  count(HOOK_TRACEPOINT);
  return 0;
}

SEC("cgroup/connect4")
int on_connect4(struct bpf_sock_addr *context) {
  if (mine()) count(HOOK_CONNECT4);
  return 1;
}

SEC("cgroup/sendmsg4")
int on_sendmsg4(struct bpf_sock_addr *context) {
  if (mine()) count(HOOK_SENDMSG4);
  return 1;
}

SEC("cgroup/recvmsg4")
int on_recvmsg4(struct bpf_sock_addr *context) {
  if (mine()) count(HOOK_RECVMSG4);
  return 1;
}

SEC("cgroup_skb/egress")
int on_egress(struct __sk_buff *skb) {
  count(HOOK_EGRESS);
  return 1;
}

SEC("cgroup_skb/ingress")
int on_ingress(struct __sk_buff *skb) {
  count(HOOK_INGRESS);
  return 1;
}

SEC("cgroup/sock_release")
int on_sock_release(struct bpf_sock *context) {
  if (mine()) count(HOOK_SOCK_RELEASE);
  return 1;
}

SEC("perf_event")
int on_perf_event(void *context) {
  count(HOOK_PERF_EVENT);
  return 0;
}

SEC("fentry/tcp_connect")
int BPF_PROG(on_fentry, struct sock *sk) {
  if (mine()) count(HOOK_FENTRY);
  return 0;
}

SEC("kprobe/tcp_connect")
int on_kprobe(void *context) {
  if (mine()) count(HOOK_KPROBE);
  return 0;
}

struct task_row {
  __u32 pid;
  __u32 tgid;
  char comm[16];
};

SEC("iter/task")
int each_task(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  struct task_row row = {};
  if (!task) return 0;
  row.pid = task->pid;
  row.tgid = task->tgid;
  bpf_core_read_str(row.comm, sizeof(row.comm), &task->comm);
  bpf_seq_write(context->meta->seq, &row, sizeof(row));
  return 0;
}

SEC("iter/tcp")
int each_tcp(struct bpf_iter__tcp *context) {
  struct sock_common *sk = context->sk_common;
  if (!sk) return 0;
  __u16 port = sk->skc_num;
  bpf_seq_write(context->meta->seq, &port, sizeof(port));
  return 0;
}

SEC("iter/bpf_map_elem")
int each_element(struct bpf_iter__bpf_map_elem *context) {
  __u32 *key = context->key;
  if (!key) return 0;
  bpf_seq_write(context->meta->seq, key, sizeof(*key));
  return 0;
}

// The verifier refuses this one: nothing says that the value is there.
SEC("raw_tp/sched_process_exit")
int refused(void *context) {
  __u32 hook = bpf_get_prandom_u32();
  __u64 *value = bpf_map_lookup_elem(&runs, &hook);
  return *value;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
