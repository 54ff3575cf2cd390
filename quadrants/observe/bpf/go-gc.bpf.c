// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Collections and stops of the world in Go programs, on x86-64. One program for
 * every place; the cookie tells where and in whom it runs. Within one process
 * these places are passed one after the other (the runtime's worldsema), so
 * the number of a hit is also its place in the order: user space sees by it
 * that a record is missing.
 *
 * The same offsets, in 32-bit words, are in src/runtime/gc/gc-record.ts and
 * gc-slot.ts; a test compares them by the BTF of the compiled object.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>

enum gc_kind {
	GC_STOP = 1,             /* stopTheWorldWithSema; argument: its reason, since Go 1.21 */
	GC_START = 2,            /* startTheWorldWithSema begins … */
	GC_STARTED = 3,          /* … and has started the world */
	GC_BEGIN = 4,            /* startCycle, while the world stands still; argument: the trigger's kind */
	GC_MARK_TERMINATION = 5, /* gcMarkTermination, while the world stands still */
	GC_KINDS = 8,
};

/* cookie: kind | flags << 8 | generation << 16 | slot << 32 */
enum gc_cookie_flag {
	GC_COOKIE_STEPPED = 1, /* the instruction is single-stepped: a dearer trap */
};

enum gc_event_flag {
	GC_EVENT_TELLS = 1, /* with it a cycle is complete, or a stop for another reason: somebody waits for it */
};

/* When a field of the runtime's memory is read. */
enum gc_phase {
	GC_PHASE_BEGIN = 1,
	GC_PHASE_MARK_TERMINATION = 2,
	GC_PHASE_END = 4, /* GC_START after a GC_MARK_TERMINATION */
};

#define BPF_RB_FORCE_WAKEUP 2
#define GC_FIELDS 18
#define GC_SLOTS 1024

/* What an address counts from. */
enum gc_base {
	GC_BASE_FILE = 0,       /* as in the file: the process may have it elsewhere */
	GC_BASE_CONTROLLER = 1, /* runtime.gcController, which startCycle is given */
};

struct gc_field {
	__u64 address;
	__u16 bytes; /* 4 or 8 */
	__u16 base;
	__u32 phases;
};

/* One probed process. User space writes it before it attaches, and reads the counts without a system call. */
struct gc_process {
	__u32 generation; /* of the cookies that mean this process; 0 is nobody */
	__u32 work;       /* what the collector has done since the last stop: 0, GC_BEGIN or GC_MARK_TERMINATION */
	__u64 hits;
	__u64 stepped_hits;
	__u64 controller; /* where runtime.gcController lies in the process, once a cycle has begun */
	__u64 sites[GC_KINDS]; /* address in the file of the place that tells how far the process was moved, by kind */
	struct gc_field fields[GC_FIELDS];
};

struct gc_event {
	__u64 ts; /* ns, CLOCK_MONOTONIC */
	__u32 slot;
	__u32 generation;
	__u32 sequence;
	__u16 kind;
	__u16 flags;
	__u32 argument;
	__u32 procs; /* GC_BEGIN: GOMAXPROCS */
};

struct gc_figures {
	struct gc_event event;
	__u32 known; /* a bit for each value that was read */
	__u32 pad;
	__u64 values[GC_FIELDS];
};

/* struct pt_regs of x86-64, which uprobes hand to programs as it is. */
struct x86_64_regs {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, GC_SLOTS);
	__type(key, __u32);
	__type(value, struct gc_process);
} gc_processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} gc_events SEC(".maps");

/* Records that found no room. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} gc_lost SEC(".maps");

/* Whether a thread waits in the kernel for records that tell: waking it costs fifty times the record. */
const volatile bool wake_reader;

/* So that the object's BTF tells the record's layout. */
const struct gc_figures *const volatile gc_figures_layout;

static __always_inline void count_lost(void)
{
	__u32 zero = 0;
	__u64 *lost = bpf_map_lookup_elem(&gc_lost, &zero);

	if (lost)
		__sync_fetch_and_add(lost, 1);
}

static __always_inline void write_event(struct gc_event *e, __u64 ts, __u64 cookie, __u32 sequence, bool tells,
					struct x86_64_regs *regs)
{
	__u32 kind = cookie & 0xff;
	/* Each by itself: the kernel wants constant offsets, and the compiler likes to choose between two. */
	__u64 ax = *(volatile __u64 *)&regs->ax;
	__u64 di = *(volatile __u64 *)&regs->di;

	e->ts = ts;
	e->slot = cookie >> 32;
	e->generation = (cookie >> 16) & 0xffff;
	e->sequence = sequence;
	e->kind = kind;
	e->flags = tells ? GC_EVENT_TELLS : 0;
	/* Go's calling convention (ABIInternal): AX, BX, CX, DI, … */
	e->argument = (kind == GC_BEGIN ? di : ax) & 0xff;
	e->procs = kind == GC_BEGIN ? regs->cx : 0;
}

static __always_inline void read_figures(struct gc_figures *f, struct gc_process *process, __u32 phase,
					 __u64 moved)
{
	__u32 known = 0;

#pragma unroll
	for (int i = 0; i < GC_FIELDS; i++) {
		struct gc_field *field = &process->fields[i];
		__u64 base = field->base == GC_BASE_CONTROLLER ? process->controller : moved;
		void *address = (void *)(field->address + base);
		__u64 value = 0;
		long failed;

		f->values[i] = 0;
		if (!(field->phases & phase) || (field->base == GC_BASE_CONTROLLER && !base))
			continue;
		failed = field->bytes == 4 ? bpf_probe_read_user(&value, 4, address)
					   : bpf_probe_read_user(&value, 8, address);
		if (failed)
			continue;
		f->values[i] = value;
		known |= 1 << i;
	}
	f->known = known;
	f->pad = 0;
}

static __always_inline __u32 phase_of(struct gc_process *process, __u32 kind)
{
	switch (kind) {
	case GC_STOP:
		process->work = 0;
		return 0;
	case GC_BEGIN:
		process->work = kind;
		return GC_PHASE_BEGIN;
	case GC_MARK_TERMINATION:
		process->work = kind;
		return GC_PHASE_MARK_TERMINATION;
	case GC_START:
		return process->work == GC_MARK_TERMINATION ? GC_PHASE_END : 0;
	default:
		return 0;
	}
}

static __always_inline __u64 wake_flags(bool tells)
{
	return wake_reader && tells ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

SEC("uprobe.multi")
int go_gc(struct x86_64_regs *regs)
{
	__u64 ts = bpf_ktime_get_ns();
	__u64 cookie = bpf_get_attach_cookie(regs);
	__u32 kind = cookie & (GC_KINDS - 1);
	__u32 slot = cookie >> 32;
	struct gc_process *process = bpf_map_lookup_elem(&gc_processes, &slot);
	struct gc_figures *figures;
	struct gc_event *event;
	__u64 moved;
	__u32 sequence, phase;
	bool tells;

	if (!process || process->generation != (cookie >> 16 & 0xffff))
		return 0;
	sequence = __sync_fetch_and_add(&process->hits, 1);
	if (cookie >> 8 & GC_COOKIE_STEPPED)
		__sync_fetch_and_add(&process->stepped_hits, 1);
	phase = phase_of(process, kind);
	tells = phase == GC_PHASE_END || (kind == GC_STARTED && !process->work);
	if (!phase) {
		event = bpf_ringbuf_reserve(&gc_events, sizeof(*event), 0);
		if (!event) {
			count_lost();
			return 0;
		}
		write_event(event, ts, cookie, sequence, tells, regs);
		bpf_ringbuf_submit(event, wake_flags(tells));
		return 0;
	}
	figures = bpf_ringbuf_reserve(&gc_events, sizeof(*figures), 0);
	if (!figures) {
		count_lost();
		return 0;
	}
	write_event(&figures->event, ts, cookie, sequence, tells, regs);
	moved = regs->ip - process->sites[kind];
	if (kind == GC_BEGIN)
		process->controller = regs->ax;
	read_figures(figures, process, phase, moved);
	bpf_ringbuf_submit(figures, wake_flags(tells));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
