// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Processes (not threads) as they begin, execute and end, so that those which
 * live for less than a millisecond have a name.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "record.h"
#include "emit.h"
#include "targets.h"

static __always_inline void write_process(struct process_record *r, __u8 kind, struct task_struct *task,
					  struct task_struct *parent)
{
	r->kind = kind;
	r->family = 0;
	r->pad = 0;
	r->netns = task->nsproxy->net_ns->ns.inum;
	r->ts = bpf_ktime_get_ns();
	r->tgid = task->tgid;
	r->start_ns = task->start_boottime;
	r->parent_tgid = parent->tgid;
	r->parent_start_ns = parent->start_boottime;
	r->uid = task->cred->uid.val;
	r->exit_code = 0;
	r->cgroup = task->cgroups->dfl_cgrp->kn->id;
	*(__u64 *)&r->comm[0] = *(__u64 *)&task->comm[0];
	*(__u64 *)&r->comm[8] = *(__u64 *)&task->comm[8];
	r->filename_bytes = 0;
	r->argv_bytes = 0;
	r->argv_total = 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	RECORD_MEMORY(struct process_record, memory);
	struct process_record *r;

	if (child->pid != child->tgid)
		return 0;
	if (is_message_target(parent->tgid))
		add_message_target(child->tgid);
	r = RECORD_RESERVE(memory, PROCESS_FORK);
	if (!r)
		return 0;
	write_process(r, PROCESS_FORK, child, parent->group_leader);
	RECORD_SUBMIT(ctx, r, PROCESS_FORK);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	RECORD_MEMORY(struct process_record, memory);
	struct process_record *r;
	struct task_struct *leader;
	__u32 tgid = task->tgid;
	int group_code;

	/* The last thread, which need not be the leader; counted down before this point. */
	if (task->signal->live.counter)
		return 0;
	bpf_map_delete_elem(&message_targets, &tgid);
	r = RECORD_RESERVE(memory, PROCESS_EXIT);
	if (!r)
		return 0;
	leader = task->group_leader;
	write_process(r, PROCESS_EXIT, leader, leader->real_parent->group_leader);
	group_code = task->signal->group_exit_code;
	r->exit_code = group_code ? group_code : task->exit_code;
	RECORD_SUBMIT(ctx, r, PROCESS_EXIT);
	return 0;
}

#ifdef QUADRANT_PERF
/* Too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exec_record);
} exec_memory SEC(".maps");
#endif

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
#ifdef QUADRANT_PERF
	__u32 zero = 0;
#else
	struct exec_record *memory;
#endif
	struct exec_record *r;
	unsigned long start, total, bytes;
	long filename;

	if (is_message_target(NEW_TARGETS))
		add_message_target(task->tgid);
#ifdef QUADRANT_PERF
	r = bpf_map_lookup_elem(&exec_memory, &zero);
#else
	r = RECORD_RESERVE(memory, PROCESS_EXEC);
#endif
	if (!r)
		return 0;
	write_process(&r->head, PROCESS_EXEC, task, task->real_parent->group_leader);
	filename = bpf_probe_read_kernel_str(r->filename, sizeof(r->filename), bprm->filename);
	r->head.filename_bytes = filename > 0 ? filename - 1 : 0;
	/* Never past the last argument: the environment comes next. */
	start = task->mm->arg_start;
	total = task->mm->arg_end - start;
	bytes = total > PROCESS_ARGV_BYTES ? PROCESS_ARGV_BYTES : total;
	asm volatile("" : "+r"(bytes));
	bytes &= 511;
	if (bytes > PROCESS_ARGV_BYTES)
		bytes = PROCESS_ARGV_BYTES;
	if (bpf_probe_read_user(r->argv, bytes, (void *)start) == 0)
		r->head.argv_bytes = bytes;
	r->head.argv_total = total;
	RECORD_SUBMIT(ctx, r, PROCESS_EXEC);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
