/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
#ifndef QUADRANT_PROCESS_H
#define QUADRANT_PROCESS_H

/* A process, by its thread group leader. */
static __always_inline void write_process(struct sock_record *r, struct task_struct *leader)
{
	r->flags |= SOCK_IN_PROCESS;
	r->tgid = leader->tgid;
	r->start_ns = leader->start_boottime;
	r->uid = leader->cred->uid.val;
	*(__u64 *)&r->comm[0] = *(__u64 *)&leader->comm[0];
	*(__u64 *)&r->comm[8] = *(__u64 *)&leader->comm[8];
	r->cgroup = leader->cgroups->dfl_cgrp->kn->id;
}

static __always_inline void write_current(struct sock_record *r)
{
	write_process(r, bpf_get_current_task_btf()->group_leader);
}

static __always_inline void write_no_process(struct sock_record *r, __u32 uid)
{
	r->tgid = 0;
	r->start_ns = 0;
	r->uid = uid;
	*(__u64 *)&r->comm[0] = 0;
	*(__u64 *)&r->comm[8] = 0;
	r->cgroup = 0;
}

#endif
