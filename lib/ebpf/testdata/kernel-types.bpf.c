// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
// CO-RE relocations to types that every kernel has: libbpf, the kernel and this package must make the same of them.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define KERNEL __attribute__((preserve_access_index))

typedef struct {
  int counter;
} atomic_t;

struct mm_struct {
  unsigned long total_vm;
} KERNEL;

struct signal_struct {
  int nr_threads;
} KERNEL;

struct task_struct {
  int pid;
  int tgid;
  unsigned in_execve : 1;
  unsigned sched_reset_on_fork : 1;
  char comm[16];
  struct mm_struct *mm;
  struct signal_struct *signal;
  struct task_struct *group_leader;
  unsigned long long start_boottime;
} KERNEL;

// The name of the field before 5.5.
struct task_struct___old {
  unsigned long long real_start_time;
} KERNEL;

struct sock_common {
  unsigned short skc_family;
  unsigned char skc_state;
  unsigned char skc_reuse : 4;
  unsigned char skc_ipv6only : 1;
  __u16 skc_num;
} KERNEL;

struct sock {
  struct sock_common __sk_common;
  __u16 sk_protocol;
} KERNEL;

struct tcp_sock {
  __u64 bytes_sent;
} KERNEL;

struct never {
  int x;
} KERNEL;

// Real ones, with other numbers.
enum pid_type { PIDTYPE_PID = 100, PIDTYPE_TGID = 200, PIDTYPE_NONE_SUCH = 300 };

__u64 sink[16];

SEC("tp_btf/sched_process_exit")
int BPF_PROG(fields, struct task_struct *task) {
  sink[0] = task->tgid;
  sink[1] = BPF_CORE_READ(task, group_leader, mm, total_vm);
  sink[2] = task->signal->nr_threads;
  sink[3] = BPF_CORE_READ_BITFIELD(task, sched_reset_on_fork);
  sink[4] = BPF_CORE_READ_BITFIELD_PROBED(task, in_execve);
  sink[5] = task->comm[3];
  if (bpf_core_field_exists(((struct task_struct___old *)task)->real_start_time))
    sink[6] = ((struct task_struct___old *)task)->real_start_time;
  else
    sink[6] = task->start_boottime;
  return 0;
}

SEC("raw_tp/sched_process_exit")
int questions(void *context) {
  sink[0] = bpf_core_type_exists(struct never);
  sink[1] = bpf_core_type_exists(struct tcp_sock);
  sink[2] = bpf_core_type_size(struct sock);
  sink[3] = bpf_core_enum_value(enum pid_type, PIDTYPE_TGID);
  sink[4] = bpf_core_enum_value_exists(enum pid_type, PIDTYPE_NONE_SUCH);
  sink[5] = bpf_core_type_id_kernel(struct sock);
  sink[6] = bpf_core_field_size(((struct sock *)0)->sk_protocol);
  sink[7] = bpf_core_type_exists(atomic_t);
  sink[8] = bpf_core_type_size(atomic_t);
  return 0;
}

SEC("raw_tp/inet_sock_set_state")
int bits(void **context) {
  struct sock *sk = context[0];
  sink[0] = BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_reuse);
  sink[1] = BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_ipv6only);
  sink[2] = BPF_CORE_READ(sk, __sk_common.skc_num);
  sink[3] = BPF_CORE_READ(sk, sk_protocol);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
